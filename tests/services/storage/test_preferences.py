from services.storage.preferences import Preferences


def test_one_preference_goes_and_the_others_stay(library):
    preferences = Preferences(library.database, "alice")
    for key in ("a/1", "a/2", "a%", "b"):
        preferences.set(key, key)
    preferences.delete("a/1")
    preferences.delete("never there")
    assert preferences.get("a/1", "default") == "default"
    assert list(preferences.all("a/")) == ["a/2"]
    assert list(preferences.all("a%")) == ["a%"]
    assert len(preferences.all()) == 3
