import { GetGeoLocationCommand, ListGeoLocationsCommand, Route53Client, type GeoLocationDetails } from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

test.each([
  [{}, { CountryCode: "*", CountryName: "Default" }],
  [{ ContinentCode: "EU" }, { ContinentCode: "EU", ContinentName: "Europe" }],
  [{ CountryCode: "DE" }, { CountryCode: "DE", CountryName: "Germany" }],
  [
    { CountryCode: "US", SubdivisionCode: "TX" },
    { CountryCode: "US", CountryName: "United States", SubdivisionCode: "TX", SubdivisionName: "Texas" },
  ],
])("%j is %j", async (asked, expected) => {
  await using api = await apiWorld();
  const { GeoLocationDetails: found } = await api.client(Route53Client).send(new GetGeoLocationCommand(asked));
  expect(found).toEqual(expected);
});

test.each([
  [{ CountryCode: "XX" }, "NoSuchGeoLocation"],
  [{ CountryCode: "DE", SubdivisionCode: "BE" }, "NoSuchGeoLocation"],
  [{ ContinentCode: "EU", CountryCode: "DE" }, "InvalidInput"],
  [{ SubdivisionCode: "TX" }, "InvalidInput"],
])("%j is refused: %s", async (asked, name) => {
  await using api = await apiWorld();
  await expect(api.client(Route53Client).send(new GetGeoLocationCommand(asked))).rejects.toMatchObject({ name });
});

test("all are listed once, a page after another: countries first, continents last", async () => {
  await using api = await apiWorld();
  const client = api.client(Route53Client);
  const all: GeoLocationDetails[] = [];
  for (let start: object | undefined = {}; start !== undefined;) {
    const page: Awaited<ReturnType<typeof list>> = await list(start);
    all.push(...(page.GeoLocationDetailsList ?? []));
    const { NextContinentCode: StartContinentCode, NextCountryCode: StartCountryCode, NextSubdivisionCode: StartSubdivisionCode } = page;
    start = page.IsTruncated ? { StartContinentCode, StartCountryCode, StartSubdivisionCode } : undefined;
  }
  const texts = all.map((one) => JSON.stringify(one));
  expect(new Set(texts).size).toBe(texts.length);
  expect([all[0]?.CountryCode, all.at(-1)?.ContinentCode]).toEqual(["*", "SA"]);
  const at = all.findIndex(({ CountryCode }) => CountryCode === "US");
  expect([all[at]?.SubdivisionCode, all[at + 1]?.SubdivisionCode, all.filter(({ SubdivisionCode }) => SubdivisionCode).length]).toEqual([
    undefined,
    "AK",
    78,
  ]);
  function list(input: object) {
    return client.send(new ListGeoLocationsCommand(input));
  }
});
