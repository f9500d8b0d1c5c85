import { NoSuchGeoLocation, type GeoLocationDetails } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { countryNamed, places, type Place } from "../../domain/dns/places.ts";
import { because } from "../operation.ts";
import { pageLimit } from "./pages.ts";
import { invalidInput, onAny, operation } from "./route53-operation.ts";

const MOST = 100;

interface Codes {
  readonly continent?: string | undefined;
  readonly country?: string | undefined;
  readonly subdivision?: string | undefined;
}

export const getGeoLocation = operation("GetGeoLocation", {
  authorize: onAny("GetGeoLocation"),
  run({ ContinentCode: continent, CountryCode: country, SubdivisionCode: subdivision }) {
    requireOneKind({ continent, country, subdivision });
    const all = places();
    // Nothing asked for is everybody.
    const asked = continent === undefined && country === undefined ? { country: "*" } : { continent, country, subdivision };
    return { GeoLocationDetails: shown(requirePlace(all, asked), all) };
  },
});

export const listGeoLocations = operation("ListGeoLocations", {
  authorize: onAny("ListGeoLocations"),
  run({ StartContinentCode: continent, StartCountryCode: country, StartSubdivisionCode: subdivision, MaxItems }) {
    requireOneKind({ continent, country, subdivision });
    const limit = pageLimit(MaxItems, MOST);
    const all = places();
    const start =
      continent === undefined && country === undefined ? 0 : all.indexOf(requirePlace(all, { continent, country, subdivision }));
    const next = all[start + limit];
    return {
      GeoLocationDetailsList: all.slice(start, start + limit).map((place) => shown(place, all)),
      IsTruncated: next !== undefined,
      MaxItems: limit as never,
      ...defined({ NextContinentCode: next?.continent, NextCountryCode: next?.country, NextSubdivisionCode: next?.subdivision }),
    };
  },
});

/** @throws InvalidInput */
function requireOneKind({ continent, country, subdivision }: Codes): void {
  if (continent !== undefined && (country !== undefined || subdivision !== undefined))
    throw invalidInput("A continent has neither a country nor a subdivision beside it.");
  if (subdivision !== undefined && country === undefined) throw invalidInput("A subdivision needs its country.");
}

/** @throws NoSuchGeoLocation */
function requirePlace(all: readonly Place[], codes: Codes): Place {
  const found = all.find(
    (place) => place.continent === codes.continent && place.country === codes.country && place.subdivision === codes.subdivision,
  );
  if (!found) throw new NoSuchGeoLocation(because("Amazon Route 53 doesn't support the specified geographic location."));
  return found;
}

function shown({ continent, country, subdivision, name }: Place, all: readonly Place[]): GeoLocationDetails {
  if (continent !== undefined) return { ContinentCode: continent, ContinentName: name };
  const CountryName = subdivision === undefined ? name : countryNamed(all, country ?? "")?.name;
  return defined({
    ...{ CountryCode: country, CountryName },
    ...(subdivision !== undefined && { SubdivisionCode: subdivision, SubdivisionName: name }),
  });
}
