"""A person renders a short from the form that Prefect makes of the flow, and finds the result: in a real browser."""

import shutil
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterWorkQueueName
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as seen
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from models.spec import ShortSpec
from tests.system.installation import Installation
from tests.waiting import wait_for

pytestmark = pytest.mark.heavy

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,2400",
)
TITLE = "Written by hand"
SCENES: dict[str, Any] = {
    "title": "From scenes",
    "scenes": [{"narration": "The Moon is far away.", "visual": "color:#204060"}],
    "variants": [{"shape": "square"}],
}
PAGE_S, RENDER_S, ATTEMPTS = 20, 120, 4
RENDERS = FlowRunFilter(work_queue_name=FlowRunFilterWorkQueueName(any_=["interactive"]))


class Browser:
    """Chromium, with what a person does in it; every look leaves a picture in `shots`."""

    def __init__(self, driver: webdriver.Chrome, base_url: str, shots: Path) -> None:
        self.driver, self.base_url, self.shots = driver, base_url, shots

    def open(self, path: str) -> None:
        self.driver.get(f"{self.base_url}{path}")

    def click(self, xpath: str) -> None:
        WebDriverWait(self.driver, PAGE_S).until(seen.element_to_be_clickable((By.XPATH, xpath))).click()

    def shows(self, xpath: str, *, within_s: float = PAGE_S) -> WebElement:
        located = seen.visibility_of_element_located((By.XPATH, xpath))
        return WebDriverWait(self.driver, within_s).until(located, xpath)

    def field(self, label: str) -> WebElement:
        """The box below a label of the form."""
        found = f"{_labelled(label)}/ancestor::*[.//textarea or .//input][1]"
        return self.shows(f"({found}//textarea | {found}//input)[1]")

    def add_item(self, label: str) -> None:
        """Press the button that adds an item to a list of the form, and wait for the item's own fields."""
        before = len(self.driver.find_elements(By.XPATH, "//label"))
        add = ".//button[normalize-space()='Add item']"
        self.click(f"({_labelled(label)}/ancestor::*[{add}][1]{add[1:]})[last()]")
        WebDriverWait(self.driver, PAGE_S).until(lambda driver: len(driver.find_elements(By.XPATH, "//label")) > before)

    def choose(self, label: str, choice: str) -> None:
        """Take a choice of the last list of that label."""
        located = f"({_labelled(label)}/ancestor::*[.//select][1]//select[option])[last()]"
        Select(self.driver.find_element(By.XPATH, located)).select_by_value(choice)

    def look(self, name: str) -> None:
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))


def _labelled(label: str) -> str:
    return f"//label[normalize-space(.)='{label}' or normalize-space(.)='{label} (Optional)']"


@pytest.fixture
def browser(installation: Installation, tmp_path: Path) -> Generator[Browser]:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "install Debian's chromium and chromium-driver"
    assert chromedriver, "install Debian's chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        browser = Browser(driver, installation.api_url.removesuffix("/api"), tmp_path)
        yield browser
        browser.look("7-last")
    finally:
        driver.quit()


def test_a_person_renders_a_short_from_the_form(installation: Installation, browser: Browser):
    with installation.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")
    run_id = submit(installation, browser, lambda: fill_form(browser, deployment.id), title=TITLE)

    browser.open(f"/runs/flow-run/{run_id}")
    browser.shows("//*[normalize-space(.)='Completed']", within_s=RENDER_S)
    browser.look("2-run")
    open_artifact(browser, run_id, "render-poster")
    poster = browser.shows("//img[starts-with(@src, 'data:image/jpeg')]")
    WebDriverWait(browser.driver, PAGE_S).until(lambda driver: poster.get_property("naturalHeight"))
    assert (poster.get_property("naturalWidth"), poster.get_property("naturalHeight")) == (360, 640)
    browser.look("4-poster")

    open_artifact(browser, run_id, "render-video")
    link = browser.shows("//a[normalize-space(.)='written-by-hand.mp4']")
    assert link.get_attribute("href") == (installation.output / "written-by-hand" / "video.mp4").as_uri()
    browser.look("5-link")

    open_artifact(browser, run_id, "render-report")
    browser.shows("//td[contains(., 'assemble_video')]")
    browser.look("6-report")


def test_a_form_is_submitted_as_it_was_left(installation: Installation, browser: Browser):
    """Scenes and variants, of which a few fields are filled in: all others arrive as if nobody had named them."""
    with installation.client() as client:
        deployment = client.read_deployment_by_name("render-short/on-demand")

    def fill() -> None:
        open_form(browser, deployment.id)
        browser.field("Title").send_keys(SCENES["title"])
        browser.add_item("Scenes")
        browser.field("Narration").send_keys(SCENES["scenes"][0]["narration"])
        browser.field("Visual").send_keys(SCENES["scenes"][0]["visual"])
        browser.add_item("Variants")
        browser.choose("Shape", SCENES["variants"][0]["shape"])
        browser.look("8-items")

    run_id = submit(installation, browser, fill, title=SCENES["title"])
    parameters = installation.run(run_id).parameters
    sent = ShortSpec.model_validate(parameters["spec"], strict=False)
    assert sent.model_dump(mode="json", exclude_defaults=True) == SCENES
    assert not parameters.get("name")
    assert not parameters.get("destination")
    wait_for(lambda: installation.state_name(run_id) == "Completed", timeout_s=RENDER_S, what="the render")
    assert (installation.output / "from-scenes" / "square" / "video.mp4").is_file()


def open_artifact(browser: Browser, run_id: UUID, key: str) -> None:
    """Go to a run's page, and on to one of its artifacts."""
    card = f"(//a[contains(@href, '/artifacts/') and contains(., '{key}')])[1]"
    for _ in range(ATTEMPTS):  # a page that is still loading takes the click and forgets it
        browser.open(f"/runs/flow-run/{run_id}")
        browser.click("(//*[normalize-space(.)='Artifacts'])[last()]")
        with suppress(TimeoutException):
            browser.shows(card, within_s=PAGE_S / 2)
            break
    browser.look("3-artifacts")
    browser.click(card)


def open_form(browser: Browser, deployment_id: UUID) -> None:
    """Open the run form of a deployment."""
    browser.open(f"/deployments/deployment/{deployment_id}")
    browser.click("//button[normalize-space()='Run']")
    browser.click("(//*[normalize-space(.)='Custom run'])[last()]")


def fill_form(browser: Browser, deployment_id: UUID) -> None:
    """Say what to render, by title and script."""
    open_form(browser, deployment_id)
    browser.field("Title").send_keys(TITLE)
    browser.field("Script").send_keys("The Moon is far away. Its light is old.")
    browser.look("1-form")
    form = browser.shows("//main | //body").text
    assert "Property is type" not in form  # every box can be typed into


def submit(installation: Installation, browser: Browser, fill: Callable[[], None], *, title: str) -> UUID:
    """Fill and submit the form until there is a run: SQLite may refuse a write; the page then says so and leaves."""
    for _ in range(ATTEMPTS):
        fill()
        browser.click("//button[normalize-space()='Submit']")
        deadline = time.monotonic() + PAGE_S
        while time.monotonic() < deadline:
            with installation.client() as client:
                runs = client.read_flow_runs(flow_run_filter=RENDERS)
            if found := [run for run in runs if run.parameters["spec"]["title"] == title]:
                return found[0].id
            if browser.driver.find_elements(By.XPATH, "//*[contains(., 'Something went wrong')]"):
                browser.look("1-refused")
                break
            time.sleep(0.2)
    browser.look("1-not-accepted")
    raise AssertionError("the form was not accepted")
