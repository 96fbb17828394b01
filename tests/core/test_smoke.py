def test_health_answers(visitor):
    assert visitor.get("/healthz").text == "ok\n"


def test_account_page(client_as):
    page = client_as("counselor").get("/account")
    assert page.status == 200
