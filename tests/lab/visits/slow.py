"""Answers whose times are known: 300 ms of thought before a picture, a body dripped over 500 ms."""

CAPTURE = "pcap-nano"


def visit(stage):
    tab = stage.browser.tab()
    tab.open("http://www.slow.test/")
    tab.wait_load()
    tab.run("window.finished")
    tab.wait_quiet()
    stage.remark("the server thinks 300 ms before /think and sends /drip in 11 pieces over 500 ms")
