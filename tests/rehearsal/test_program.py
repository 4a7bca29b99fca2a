"""Pulumi programs run in this process, their resources answered by mocks."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from rehearsal.program import ProgramRun, run_program
from settings import SecureValue

PROJECT_DIR = Path(__file__).resolve().parents[2]


class Thing(pulumi.CustomResource):
    size: pulumi.Output[int]
    made: pulumi.Output[str]

    def __init__(self, name: str, size: pulumi.Input[int], **options: Any) -> None:
        inputs = {"size": size, "made": None}
        super().__init__("test:index:Thing", name, inputs, pulumi.ResourceOptions(**options))


class Group(pulumi.ComponentResource):
    total: pulumi.Output[int]

    def __init__(self, name: str) -> None:
        super().__init__("test:index:Group", name)
        self.total = Thing(f"{name}-child", 3, parent=self).size
        self.register_outputs({"total": self.total})


class Answers(pulumi.runtime.Mocks):
    """Knows what it makes, unless told to preview; refuses a thing of size 13."""

    def __init__(self, *, preview: bool = False) -> None:
        self.preview = preview
        self.seen: list[str] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.seen.append(args.name)
        if args.inputs.get("size") == 13:
            raise LookupError("13 is not made here")
        if self.preview:
            return None, args.inputs
        return f"{args.name}-id", {**args.inputs, "made": f"by hand: {args.name}"}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        raise NotImplementedError(f"no mock for {args.token}")


def run(program: Any, **more: Any) -> ProgramRun:
    answers = Answers(preview=more.get("preview", False))
    return run_program(program, answers, project="genai", stack="test", **more)


def test_what_is_registered_and_exported_is_recorded() -> None:
    def program() -> None:
        thing = Thing("one", 1)
        pulumi.export("made", thing.made)
        pulumi.export("plain", {"list": [1, "two", None]})
        pulumi.export("id", thing.id)

    found = run(program)

    assert found.only("test:index:Thing").name == "one"
    assert found.exports == {
        "made": "by hand: one",
        "plain": {"list": [1, "two", None]},
        "id": "one-id",
    }


def test_a_components_outputs_and_children_are_recorded() -> None:
    found = run(lambda: Group("all"))

    assert found.outputs_of["test:index:Group::all"] == {"total": 3}
    assert found.only("test:index:Thing").parent.endswith("test:index:Group::all")


def test_a_lookup_that_finds_none_or_many_says_what_is_there() -> None:
    def program() -> None:
        Thing("a", 1)
        Thing("b", 2)

    found = run(program)

    assert [request.name for request in found.all("test:index:Thing")] == ["a", "b"]
    with pytest.raises(
        LookupError, match=r"want one test:index:Thing, found 2 among \['test:index"
    ):
        found.only("test:index:Thing")
    with pytest.raises(LookupError, match="want one aws:x, found 0 among"):
        found.only("aws:x")


def test_a_secret_export_is_told_in_the_clear() -> None:
    """The rehearsal's secrets open nothing; a transcript with marks in it would help nobody."""

    def program() -> None:
        secret = pulumi.Output.secret("sesame")
        pulumi.export("word", secret)
        pulumi.export("nested", {"word": secret})

    found = run(program)

    assert found.exports == {"word": "sesame", "nested": {"word": "sesame"}}


def test_a_preview_leaves_out_what_is_not_known_yet() -> None:
    called: list[Any] = []

    def program() -> None:
        thing = Thing("one", 1)
        thing.made.apply(called.append)
        pulumi.export("made", thing.made)
        pulumi.export("size", thing.size)
        pulumi.export("dry", pulumi.runtime.is_dry_run())

    found = run(program, preview=True)

    assert found.exports == {"size": 1, "dry": True}
    assert called == []


def test_an_output_feeds_the_next_resource() -> None:
    found = run(lambda: Thing("next", Thing("first", 2).size.apply(lambda size: size + 1)))

    assert [request.object["size"] for request in found.all("test:index:Thing")] == [2, 3]


# Failures come out as what they are


class UnusualError(Exception):
    pass


def raising(*_: Any) -> Any:
    raise UnusualError("as it is")


def test_the_programs_own_exception() -> None:
    with pytest.raises(UnusualError, match=r"^as it is$"):
        run(raising)


def test_an_exception_in_an_apply() -> None:
    with pytest.raises(UnusualError, match=r"^as it is$"):
        run(lambda: Thing("one", 1).made.apply(raising))


def test_an_exception_in_an_export() -> None:
    with pytest.raises(UnusualError, match=r"^as it is$"):
        run(lambda: pulumi.export("made", Thing("one", 1).made.apply(raising)))


def test_an_exception_of_the_mocks() -> None:
    with pytest.raises(LookupError, match="13 is not made here"):
        run(lambda: Thing("bad", 13))


def test_an_exception_of_the_mocks_inside_a_component() -> None:
    def program() -> None:
        group = Group("fine")
        Thing("bad", 13, parent=group)
        Thing("waits", group.total)

    with pytest.raises(LookupError, match="13 is not made here"):
        run(program, workers=4)


def test_a_data_source_without_a_plan() -> None:
    with pytest.raises(NotImplementedError, match="no mock for aws:index/getRegion:getRegion"):
        run(lambda: pulumi.runtime.invoke("aws:index/getRegion:getRegion", {}).value)


def test_a_run_error_keeps_its_message() -> None:
    def program() -> None:
        raise pulumi.RunError("Pulumi.dev.yaml: no such key")

    with pytest.raises(pulumi.RunError, match=r"^Pulumi\.dev\.yaml: no such key$"):
        run(program)


def test_what_waits_for_a_failed_resource_is_not_made() -> None:
    answers = Answers()

    def program() -> None:
        Thing("after", Thing("bad", 13).size)

    with pytest.raises(LookupError):
        run_program(program, answers, project="p", stack="s")

    assert answers.seen == ["bad"]


def test_a_failed_run_leaves_nothing_that_complains_later() -> None:
    """A coroutine that was never awaited would, whenever it is collected, in somebody else's test."""

    def program() -> None:
        sizes = [Thing(f"thing-{index}", index).size for index in range(6)]
        Thing("bad", 13)
        for index, size in enumerate(sizes):
            Thing(f"after-{index}", size.apply(lambda size: size + 1))

    for _ in range(5):
        with pytest.raises(LookupError):
            run(program, workers=4)

    gc.collect()


# Configuration


def test_configuration_reaches_the_program_decoded() -> None:
    read: dict[str, Any] = {}
    model = {"source": "./models/ü", "nested": [{"a": None}], "number": 1.5}

    def program() -> None:
        config = pulumi.Config("genai")
        read["model"] = config.require_object("model")
        read["word"] = config.require("word")
        read["count"] = config.require_int("count")
        read["flag"] = config.require_bool("flag")
        read["region"] = pulumi.Config("aws").require("region")
        read["absent"] = config.get("absent")

    config = {
        "genai:model": model,
        "genai:word": "a: b",
        "genai:count": 3,
        "genai:flag": True,
        "aws:region": "eu-west-1",
    }
    run(program, config=config)

    assert read == {
        "model": model,
        "word": "a: b",
        "count": 3,
        "flag": True,
        "region": "eu-west-1",
        "absent": None,
    }


def test_project_and_stack_are_the_ones_given() -> None:
    def program() -> None:
        pulumi.export("both", f"{pulumi.get_project()}/{pulumi.get_stack()}")

    assert run(program).exports == {"both": "genai/test"}


# Runs side by side and one after the other


def test_one_run_leaves_nothing_to_the_next() -> None:
    def first() -> None:
        Thing("one", 1)
        pulumi.export("only-first", 1)

    def second() -> None:
        pulumi.export("word", pulumi.Config("genai").get("word") or "nothing")

    before = run(first, config={"genai:word": "left over"})
    after = run(second)

    assert before.exports == {"only-first": 1}
    assert after.exports == {"word": "nothing"}
    assert after.registrations == []


def test_a_failed_run_leaves_nothing_to_the_next() -> None:
    with pytest.raises(UnusualError):
        run(lambda: (Thing("one", 1), pulumi.export("a", 1), raising()))

    assert run(lambda: Thing("two", 2)).only("test:index:Thing").name == "two"


def test_runs_in_several_threads_do_not_meet() -> None:
    found: dict[int, ProgramRun] = {}

    def one(index: int) -> None:
        def program() -> None:
            thing = Thing(f"thing-{index}", index)
            pulumi.export("size", thing.size)
            pulumi.export("word", pulumi.Config("genai").require("word"))

        found[index] = run(program, config={"genai:word": f"word {index}"}, workers=2)

    threads = [threading.Thread(target=one, args=[index]) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for index, each in found.items():
        assert each.exports == {"size": index, "word": f"word {index}"}
        assert each.only("test:index:Thing").name == f"thing-{index}"
    assert len(found) == 4


def test_no_event_loop_and_no_thread_is_left() -> None:
    before = threading.active_count()

    run(lambda: Thing("one", 1), workers=4)

    assert threading.active_count() == before
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_several_workers_answer_several_resources_at_once() -> None:
    together = threading.Barrier(3, timeout=10)

    class Meeting(Answers):
        def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            together.wait()
            return super().new_resource(args)

    def program() -> None:
        for name in "abc":
            Thing(name, 1)

    found = run_program(program, Meeting(), project="p", stack="s", workers=3)

    assert len(found.all("test:index:Thing")) == 3


INTERRUPTED = """
import threading
import pulumi
from rehearsal.program import run_program

class Stuck(pulumi.runtime.Mocks):
    def new_resource(self, args):
        print("stuck", flush=True)
        threading.Event().wait(30 if args.name == "thing" else 0)
        return "id", {}
    def call(self, args):
        return {}, []

def program():
    pulumi.CustomResource("test:index:Thing", "thing", {})

try:
    run_program(program, Stuck(), project="p", stack="s", workers=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    import os; os._exit(130)
"""


def test_an_interrupt_does_not_wait_for_a_resource_under_way() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "stuck\n"
        os.kill(program.pid, signal.SIGINT)

        said, complained = program.communicate(timeout=10)

    assert said == "interrupted\n"
    assert complained == ""


def test_what_the_program_warns_of_is_kept_and_less_is_not() -> None:
    def program() -> None:
        pulumi.log.info("by the way")
        pulumi.log.warn("mind the gap")
        Thing("only", 1)

    assert run(program).warnings == ["mind the gap"]
    assert run(lambda: Thing("only", 1)).warnings == []


def test_a_secure_value_is_a_secret_of_the_program() -> None:
    seen: list[object] = []

    def program() -> None:
        seen.append(pulumi.Config("genai").get_secret("hubToken"))
        seen.append(pulumi.runtime.config.is_config_secret("genai:hubToken"))

    config = {"genai:hubToken": SecureValue("hf_x"), "genai:other": "plain"}
    run_program(program, Answers(), project="genai", stack="test", config=config)

    assert isinstance(seen[0], pulumi.Output)
    assert seen[1] is True
