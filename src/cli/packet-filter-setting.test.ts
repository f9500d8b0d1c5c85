import { afterEach, expect, test, vi } from "vitest";
import { packetFilterSetting } from "./packet-filter-setting.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [undefined, undefined, undefined],
  ["", undefined, undefined],
  ["off", undefined, "off"],
  ["required", undefined, "required"],
  [undefined, true, "required"],
  ["required", true, "required"],
])("AIRFIELD_PACKET_FILTER=%s with the flag %s is %s", (text, flag, setting) => {
  vi.stubEnv("AIRFIELD_PACKET_FILTER", text);
  expect(packetFilterSetting(flag)).toBe(setting);
});

test.each([
  ["on", undefined],
  ["off", true],
])("AIRFIELD_PACKET_FILTER=%s with the flag %s is refused", (text, flag) => {
  vi.stubEnv("AIRFIELD_PACKET_FILTER", text);
  expect(() => packetFilterSetting(flag)).toThrow(/packet filter|AIRFIELD_PACKET_FILTER/);
});
