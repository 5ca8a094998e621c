import pytest

from blocks.settings import Settings
from blocks.settings_list import list_settings


def test_every_setting_is_listed_and_no_secret_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEUROSHORTS_PEXELS_API_KEY", "hunter2")
    monkeypatch.setenv("NEUROSHORTS_ALLOWED_BUCKETS", '["one", "two"]')
    monkeypatch.setenv("NEUROSHORTS_LOG_JSON", "true")
    listed = {setting.variable: setting for setting in list_settings(Settings())}
    assert len(listed) == len(Settings.model_fields)
    assert all(setting.meaning for setting in listed.values())
    assert "hunter2" not in str(listed)
    assert listed["NEUROSHORTS_PEXELS_API_KEY"][1:3] == ("(secret)", True)
    assert listed["NEUROSHORTS_PIXABAY_API_KEY"][1:3] == ("", False)
    assert listed["NEUROSHORTS_ALLOWED_BUCKETS"].value == "one, two"
    assert listed["NEUROSHORTS_LOG_JSON"].value == "true"
    assert listed["NEUROSHORTS_DESTINATION"][1:3] == ("output", False)
