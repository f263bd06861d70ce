"""A stream may need a password; whatever is shown, logged or kept must not hold it."""

import signal

from tests.reliability.daemon import LiveDaemon

SECRET = "s3cr3t"
INPUT = {"LIVECSI_CAPTURE__INPUT": f"http://desk:{SECRET}@127.0.0.1:9/stage?key={SECRET}"}


def test_a_password_in_the_input_stays_out_of_status_log_and_files(folder):
    with LiveDaemon(folder, settings=INPUT) as daemon:
        daemon.ready()
        daemon.wait_for(lambda status: "cannot be opened" in str(status["troubles"]), 15.0)
        assert daemon.status()["input_name"] == "http://127.0.0.1:9/stage"
        shown = daemon.ask("/status")[1] + daemon.ask("/metrics")[1]
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        assert SECRET not in shown + daemon.words()
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "journal.sqlite" in kept
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]
