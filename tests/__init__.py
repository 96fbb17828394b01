"""The tests: pages first, the shape of the program in rules/, journeys in browser/."""
