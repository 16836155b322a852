"""A visit to two encrypted hosts of which no keys were kept: what anyone on the way can see."""

KEYS = False


def visit(stage):
    tab = stage.browser.tab()
    tab.open("https://www.inn.test/")
    tab.wait_quiet()
