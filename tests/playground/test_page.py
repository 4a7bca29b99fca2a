"""The playground's page in a real browser, used as a person does: mostly by keyboard."""

import re

import pytest

from playground.page_files import page_files
from tests.playground.browser import CONTROL, ENTER, ESCAPE, SHIFT, TAB
from tests.playground.page import Page
from tests.playground.serving import Playground, a_playground
from tests.rehearsal.front_door.stacks import STORY
from tests.rehearsal.tenant import unique

# What a page could run, if it took a text for markup; WebDriver's log would tell of what the policy blocked, too.
MARKUP = "say <img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"

# Every visible text's contrast with what is under it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
_CONTRASTS = """
const channels = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const luminance = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
function ground(element) {
  for (let each = element; each; each = each.parentElement) {
    const colour = channels(getComputedStyle(each).backgroundColor);
    if (colour.a === 1) return colour;
  }
  return { r: 255, g: 255, b: 255 };
}
function contrast(element, pseudo) {
  const [a, b] = [luminance(channels(getComputedStyle(element, pseudo).color)), luminance(ground(element))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
const top = document.querySelector("dialog[open]") ?? document.body;
const shown = [...top.querySelectorAll("*")].filter((element) => element.checkVisibility() && !element.closest("dialog:not([open])"));
const texts = shown.filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
const fields = shown.filter((element) => element.matches("input[placeholder], textarea"));
return [
  ...texts.map((element) => [element.outerHTML.slice(0, 80), contrast(element)]),
  ...fields.map((element) => [element.outerHTML.slice(0, 80), contrast(element, "::placeholder")]),
];
"""


def low_contrasts(page: Page) -> list[tuple[str, float]]:
    """Texts below what WCAG's level AA asks of small ones."""
    found = page.browser.run(_CONTRASTS)
    assert len(found) > 5
    return [(text, ratio) for text, ratio in found if ratio < 4.5]


def test_a_prompt_is_typed_and_its_text_appears_as_it_is_written(
    page: Page, playground: Playground
) -> None:
    page.open(playground)
    gate = unique("gate")

    assert page.browser.focused == "prompt"
    page.browser.press(f"gate {gate}{ENTER}")
    page.wait(lambda: page.answer == "Once there was a", "all but the last piece")
    status, is_busy, asked = page.status, page.is_busy, page.turns
    playground.stack.project.open_gate(gate)
    page.wait_for_answer()

    assert (status, is_busy, asked) == ("Asking…", True, [f"gate {gate}"])
    assert page.answer == STORY
    assert re.fullmatch(r"Answered in [\d.]+ m?s\.", page.status)
    figures = page.figures
    assert figures["Tokens"] == f"{len(f'gate {gate}')} in, 5 out"
    assert re.fullmatch(r"0\.0000\d+ USD", figures["Cost"])
    assert figures["Ended by"] == "length"
    assert re.fullmatch(r"[\d.]+ m?s", figures["First text"])
    assert page.browser.focused == "prompt"


def test_the_page_says_which_stack_it_asks(
    page: Page, playground: Playground, whole: Playground
) -> None:
    page.open(playground)
    assert page.facts == {
        "Stack": playground.deployment.stack,
        "Endpoint": playground.deployment.endpoint_name,
        "Region": "us-east-1",
        "Account": "local, on this machine",
        "Texts": "streamed",
    }

    page.open(whole)
    assert page.facts["Texts"] == "as a whole"
    assert page.status.startswith("No streaming URL: texts come as a whole.")
    page.ask("say all at once")
    assert (page.answer, page.figures["First text"]) == ("all at once", "came as a whole")


def test_parameters_are_sent_and_the_record_shows_them(page: Page, whole: Playground) -> None:
    page.open(whole)
    prompt = unique("say it ")

    page.browser.press(f"{prompt}{TAB}64{TAB}0.4{TAB}7{ENTER}")
    page.wait_for_answer()
    page.browser.click(".figures button")

    assert page.record["request"] == {
        "prompt": prompt,
        "parameters": {"max_new_tokens": 64, "temperature": 0.4, "seed": 7},
    }
    assert page.text("#viewer-uri").startswith(f"s3://{whole.deployment.bucket_name}/records/dt=")
    page.browser.press(ESCAPE)
    assert not page.is_panel_open


def test_the_history_grows_and_a_record_is_asked_again(page: Page, whole: Playground) -> None:
    page.open(whole)
    first, second = unique("say one "), unique("say two ")

    page.ask(first)
    page.ask(second)
    page.wait(lambda: page.history[:2] == [second, first], "both in the history, newest first")
    page.browser.click("#records li:nth-child(2) button")
    assert page.record["request"]["prompt"] == first
    page.browser.click("#again")
    page.wait(lambda: len(page.turns) == 3, "a third turn")
    page.wait_for_answer()

    assert page.turns == [first, second, first]
    assert page.answer == first.removeprefix("say ")
    page.wait(lambda: page.history[:3] == [first, second, first], "the third in the history")


def test_a_record_keeps_the_focus_when_the_history_is_read_anew(
    page: Page, whole: Playground
) -> None:
    page.open(whole)
    prompt = unique("say it ")
    page.ask(prompt)
    page.wait(lambda: page.history[0] == prompt, "its record")
    page.browser.run("document.querySelector('#records button').focus()")

    whole.ask({"prompt": "say more"})
    page.browser.run("document.getElementById('refresh').dispatchEvent(new Event('click'))")
    page.wait(lambda: page.history[:2] == ["say more", prompt], "the newer record")

    focused = "return document.activeElement.querySelector('.of')?.innerText"
    assert page.browser.run(focused) == prompt


def test_shift_makes_a_line_and_control_asks(page: Page, whole: Playground) -> None:
    page.open(whole)

    page.type("say a")
    page.browser.press(ENTER, holding=SHIFT)
    page.browser.press("b")
    assert page.turns == []
    page.browser.press(ENTER, holding=CONTROL)
    page.wait_for_answer()

    assert page.answer == "a\nb"


def test_escape_stops_and_the_record_comes_all_the_same(page: Page, playground: Playground) -> None:
    page.open(playground)
    gate = unique("gate")

    page.type(f"gate {gate}")
    page.browser.press(ENTER)
    page.wait(lambda: page.answer.startswith("Once"), "the first piece")
    page.browser.press(ESCAPE)
    page.wait_for_answer()
    assert page.status == "Stopped."
    assert page.text(".remark").startswith("Stopped here. The function still writes the text")
    assert page.browser.texts("#ask") == ["Ask"]
    playground.stack.project.open_gate(gate)

    def kept() -> bool:
        page.browser.click("#refresh")
        return any(gate in asked for asked in page.history)

    page.wait(kept, "its record in the history")


def test_an_error_is_shown_with_type_and_fix(page: Page, playground: Playground) -> None:
    page.open(playground)

    page.ask("refuse cats")

    assert page.failure.startswith("422 model_rejected_request")
    assert "no stories about cats" in page.failure
    assert page.failure.endswith(
        "The same request will fail again. "
        "Fix: change what the container refuses; its message says what."
    )
    assert page.status == "Failed."
    page.ask("tell another")
    assert page.answer == STORY


def test_a_broken_stream_shows_what_came_before(page: Page, playground: Playground) -> None:
    page.open(playground)

    page.ask("break it")

    assert page.answer == "Once"
    assert page.failure.startswith("502 ")
    assert page.figures["Ended by"] == "error"


def test_what_people_and_models_write_is_never_markup(page: Page, whole: Playground) -> None:
    page.open(whole)
    title = page.browser.run("return document.title")

    page.ask(MARKUP)
    page.wait(lambda: MARKUP[:20] in page.history[0], "it in the history")
    page.browser.click("#records button")

    assert page.turns == [MARKUP]
    assert page.answer == MARKUP.removeprefix("say ")
    assert page.record["request"]["prompt"] == MARKUP
    assert page.browser.run("return document.querySelectorAll('main img, main script').length") == 0
    assert page.browser.run("return document.title") == title


def test_a_chat_sends_what_was_said_before(page: Page, whole: Playground) -> None:
    page.open(whole)

    page.browser.click("input[value=chat] + span")
    page.browser.click("#system")
    page.browser.press("Be brief.")
    page.ask("Hello")
    page.ask("And now?")
    page.browser.click(".turn:last-child .figures button")

    assert page.record["request"]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": STORY},
        {"role": "user", "content": "And now?"},
    ]
    page.browser.press(ESCAPE)
    page.browser.click("#fresh")
    assert page.turns == []
    page.ask("Anew")
    page.browser.click(".figures button")
    messages = page.record["request"]["messages"]
    assert [message["content"] for message in messages] == ["Be brief.", "Anew"]


def test_an_answer_that_comes_later_is_waited_for_visibly(page: Page, queued: Playground) -> None:
    page.open(queued)
    gate = unique("gate")

    page.type(f"gate {gate}")
    page.browser.press(ENTER)
    page.wait(lambda: "queue" in page.status or "not there yet" in page.status, "a word about it")
    queued.stack.project.open_gate(gate)
    page.wait_for_answer()

    assert page.answer == STORY


def test_without_the_token_the_page_says_how_to_get_in(page: Page, playground: Playground) -> None:
    page.browser.open(playground.url.partition("#")[0])
    page.wait(lambda: page.text("#alarm"), "an alarm")

    assert page.text("#alarm") == (
        "the token is missing, or of an earlier run"
        " Fix: open the whole URL that genai playground printed"
    )
    assert page.browser.run("return document.getElementById('ask').disabled")
    assert all("401" in each for each in page.browser.complaints())


def test_a_server_that_ended_is_told(page: Page, whole: Playground) -> None:
    with a_playground(whole.as_deployed) as ending:
        page.open(ending)

    page.ask("say hello")

    assert page.failure.startswith("Not asked. The playground's server does not answer.")
    assert "Fix: it may have ended: run genai playground again" in page.failure
    assert all("ERR_CONNECTION_REFUSED" in each for each in page.browser.complaints())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(
    page: Page, playground: Playground, scheme: str
) -> None:
    page.browser.prefer(scheme)
    page.open(playground)
    page.ask("tell a story")
    page.ask("refuse cats")

    assert low_contrasts(page) == []
    page.browser.click("#records button")
    assert page.record
    assert low_contrasts(page) == []
    ground = page.browser.run("return getComputedStyle(document.body).backgroundColor")
    is_dark = max(map(int, re.findall(r"\d+", ground))) < 64
    assert is_dark == (scheme == "dark")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_it_fits_a_phone(page: Page, whole: Playground, width: int) -> None:
    page.browser.resize(width, 780)
    page.open(whole)

    assert not page.overflows
    page.ask(f"say {'x' * 300}")
    page.ask("refuse cats")
    page.browser.click("input[value=chat] + span")
    assert not page.overflows
    page.browser.click("#records button")
    assert page.record
    assert not page.overflows


def test_the_keyboard_reaches_everything_in_reading_order(page: Page, whole: Playground) -> None:
    page.open(whole)
    reached: list[str] = []

    for _ in range(5):
        reached.append(page.browser.focused)
        page.browser.press(TAB)

    assert reached == ["prompt", "max_new_tokens", "temperature", "seed", "ask"]
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.browser.focused == "refresh"
    assert page.browser.run(outline) == "solid"


def test_everything_to_use_has_a_name(page: Page, whole: Playground) -> None:
    page.open(whole)
    page.ask("say hello")

    nodes = page.browser.devtools("Accessibility.getFullAXTree")["nodes"]

    to_use = {"button", "textbox", "spinbutton", "radio", "link", "log", "region", "complementary"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in to_use
    ]
    assert len(named) > 10
    assert [role for role, name in named if not name] == []


def test_nothing_of_the_page_is_inline_or_elsewhere() -> None:
    html = page_files()["/"][1].decode()
    code = b"".join(body for _, body in page_files().values()).decode()

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", html) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", code) == []
    assert set(re.findall(r"https?://[^\s\"')]+", code)) <= {"http://www.w3.org/2000/svg"}
