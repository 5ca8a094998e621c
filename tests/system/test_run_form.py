"""A person renders a short from the form that Prefect makes of the flow, and finds the result: in a real browser."""

import shutil
import time
from collections.abc import Generator
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterWorkQueueName
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as seen
from selenium.webdriver.support.wait import WebDriverWait

from tests.system.installation import Installation

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
        found = f"//label[starts-with(normalize-space(.), '{label}')]/ancestor::*[.//textarea or .//input][1]"
        return self.shows(f"({found}//textarea | {found}//input)[1]")

    def look(self, name: str) -> None:
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))


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
    run_id = submit(installation, browser, deployment.id)

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


def open_artifact(browser: Browser, run_id: UUID, key: str) -> None:
    """Go to a run's page, and on to one of its artifacts."""
    browser.open(f"/runs/flow-run/{run_id}")
    browser.click("(//*[normalize-space(.)='Artifacts'])[last()]")
    card = f"(//a[contains(@href, '/artifacts/') and contains(., '{key}')])[1]"
    browser.shows(card)
    browser.look("3-artifacts")
    browser.click(card)


def fill_form(browser: Browser, deployment_id: UUID) -> None:
    """Open the run form and say what to render."""
    browser.open(f"/deployments/deployment/{deployment_id}")
    browser.click("//button[normalize-space()='Run']")
    browser.click("(//*[normalize-space(.)='Custom run'])[last()]")
    browser.field("Title").send_keys(TITLE)
    browser.field("Script").send_keys("The Moon is far away. Its light is old.")
    browser.look("1-form")
    form = browser.shows("//main | //body").text
    assert "Property is type" not in form.split("Callback URL")[0]  # every box of the spec can be typed into


def submit(installation: Installation, browser: Browser, deployment_id: UUID) -> UUID:
    """Fill and submit the form until there is a run: SQLite may refuse a write; the page then says so and leaves."""
    for _ in range(ATTEMPTS):
        fill_form(browser, deployment_id)
        browser.click("//button[normalize-space()='Submit']")
        deadline = time.monotonic() + PAGE_S
        while time.monotonic() < deadline:
            with installation.client() as client:
                if found := client.read_flow_runs(flow_run_filter=RENDERS):
                    return found[0].id
            if browser.driver.find_elements(By.XPATH, "//*[contains(., 'Something went wrong')]"):
                browser.look("1-refused")
                break
            time.sleep(0.2)
    raise AssertionError("the form was not accepted")
