#!/usr/bin/env python3
"""Gets sessions with boto3 and drives them with Selenium, and prints what it saw.

    drive.py --endpoint-url http://127.0.0.1:8623 --platform ANDROID --sessions 2
    drive.py --endpoint-url http://127.0.0.1:8623 --browser chrome

Credentials and region come from the environment. The output is a list with one
object for each session.
"""

import argparse
import json
import sys
import time

import boto3
from selenium import webdriver
from selenium.webdriver.common.options import ArgOptions

WAIT = 60  # seconds that a session may wait


class DeviceOptions(ArgOptions):
    """Options of an Appium session."""

    def __init__(self, platform):
        super().__init__()
        self.platform = platform

    @property
    def default_capabilities(self):
        return {}

    def to_capabilities(self):
        name = {"ANDROID": "UiAutomator2", "IOS": "XCUITest"}[self.platform]
        return {"platformName": self.platform, "appium:automationName": name}


def wait(farm, arn):
    """Returns a remote access session once it runs, and its statuses on the way."""
    statuses, end = [], time.monotonic() + WAIT
    while time.monotonic() < end:
        session = farm.get_remote_access_session(arn=arn)["remoteAccessSession"]
        if session["status"] not in statuses:
            statuses.append(session["status"])
        if session["status"] in ("RUNNING", "COMPLETED"):
            return session, statuses
        time.sleep(0.05)
    raise TimeoutError(f"the session is {statuses[-1]} after {WAIT} s: {session.get('message')}")


def on_device(farm, project, platform):
    """Takes a session on a device from its request to its end."""
    device = next(d for d in farm.list_devices()["devices"] if d["platform"] == platform)
    arn = farm.create_remote_access_session(
        projectArn=project, deviceArn=device["arn"], configuration={"billingMethod": "UNMETERED"}
    )["remoteAccessSession"]["arn"]
    session, statuses = wait(farm, arn)
    driver = webdriver.Remote(command_executor=session["endpoint"], options=DeviceOptions(platform))
    saw = {
        "udid": driver.capabilities["appium:udid"],
        "screenshot": len(driver.get_screenshot_as_png()),
        "source": driver.page_source[:5],
    }
    driver.quit()
    farm.stop_remote_access_session(arn=arn)
    ended = farm.get_remote_access_session(arn=arn)["remoteAccessSession"]
    return {**saw, "statuses": statuses, "status": ended["status"], "result": ended["result"], "endpoint": "endpoint" in ended}


def in_browser(farm, browser):
    """Takes a test grid session from its URL to its end."""
    project = farm.create_test_grid_project(name="web")["testGridProject"]["arn"]
    url = farm.create_test_grid_url(projectArn=project, expiresInSeconds=300)["url"]
    options = {"chrome": webdriver.ChromeOptions, "firefox": webdriver.FirefoxOptions}[browser]()
    driver = webdriver.Remote(command_executor=url, options=options)
    driver.get("data:text/html,<title>hello</title>")
    saw = {"title": driver.title, "browser": driver.capabilities["browserName"]}
    driver.quit()
    session = farm.list_test_grid_sessions(projectArn=project)["testGridSessions"][0]
    return {**saw, "status": session["status"], "properties": json.loads(session["seleniumProperties"])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--platform", default="ANDROID")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--browser")
    args = parser.parse_args()
    farm = boto3.client("devicefarm", endpoint_url=args.endpoint_url)
    if args.browser:
        seen = [in_browser(farm, args.browser)]
    else:
        project = farm.create_project(name="app")["project"]["arn"]
        seen = [on_device(farm, project, args.platform) for _ in range(args.sessions)]
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
