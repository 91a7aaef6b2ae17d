"""Work off the window's thread: newer work ends older, and nothing starts once the window goes away."""

from desktop.tasks import Runner


def test_work_reports_with_its_ticket(qtbot):
    runner = Runner()
    with qtbot.waitSignal(runner.arrived, timeout=5000) as caught:
        runner.start("fit", 7, lambda task, emit: emit("answer", 42))
    assert caught.args == [7, "answer", 42]
    runner.close()


def test_a_late_timer_starts_nothing_after_closing(qtbot):
    runner = Runner()
    runner.start("fit", 1, lambda task, emit: None)
    runner.close()
    started = []
    runner.start("fit", 2, lambda task, emit: started.append(True))
    runner.start("another lane", 3, lambda task, emit: started.append(True))
    qtbot.wait(50)
    assert started == []
