/** A place for which Route 53 takes geolocation records: a continent, a country, or a part of one. */
export interface Place {
  readonly continent?: string;
  /** `*` is everybody else. */
  readonly country?: string;
  readonly subdivision?: string;
  readonly name: string;
}

const CONTINENTS: Readonly<Record<string, string>> = {
  ...{ AF: "Africa", AN: "Antarctica", AS: "Asia", EU: "Europe", NA: "North America", OC: "Oceania", SA: "South America" },
};

/**
 * ISO 3166-1, without those of which Route 53 knows no addresses. Source: Route 53 Developer Guide, "Values specific for geolocation records".
 */
const COUNTRIES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW".split(
    " ",
  );

/** ISO 3166-2, of the two countries whose parts Route 53 tells apart. */
const SUBDIVISIONS: Readonly<Record<string, string>> = {
  UA: "05 Vinnytsia|07 Volyn|09 Luhansk|12 Dnipropetrovsk|14 Donetsk|18 Zhytomyr|21 Zakarpattia|23 Zaporizhzhia|26 Ivano-Frankivsk|30 Kyiv City|32 Kyiv|35 Kirovohrad|40 Sevastopol|43 Crimea|46 Lviv|48 Mykolaiv|51 Odesa|53 Poltava|56 Rivne|59 Sumy|61 Ternopil|63 Kharkiv|65 Kherson|68 Khmelnytskyi|71 Cherkasy|74 Chernihiv|77 Chernivtsi",
  US: "AK Alaska|AL Alabama|AR Arkansas|AZ Arizona|CA California|CO Colorado|CT Connecticut|DC District of Columbia|DE Delaware|FL Florida|GA Georgia|HI Hawaii|IA Iowa|ID Idaho|IL Illinois|IN Indiana|KS Kansas|KY Kentucky|LA Louisiana|MA Massachusetts|MD Maryland|ME Maine|MI Michigan|MN Minnesota|MO Missouri|MS Mississippi|MT Montana|NC North Carolina|ND North Dakota|NE Nebraska|NH New Hampshire|NJ New Jersey|NM New Mexico|NV Nevada|NY New York|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VA Virginia|VT Vermont|WA Washington|WI Wisconsin|WV West Virginia|WY Wyoming",
};

/** As they are listed: countries, each with its parts after it, and then continents. Source: Route 53 API Reference, `ListGeoLocations`. */
export function places(): readonly Place[] {
  const named = new Intl.DisplayNames("en", { type: "region" });
  const countries = COUNTRIES.flatMap((country): readonly Place[] => [
    { country, name: named.of(country) ?? country },
    ...(SUBDIVISIONS[country] ?? "")
      .split("|")
      .filter((one) => one !== "")
      .map((one) => ({ country, subdivision: one.slice(0, 2), name: one.slice(3) })),
  ]);
  const continents = Object.entries(CONTINENTS).map(([continent, name]) => ({ continent, name }));
  return [{ country: "*", name: "Default" }, ...countries, ...continents];
}

/** The country of a code, `*` among them. */
export function countryNamed(all: readonly Place[], code: string): Place | undefined {
  return all.find(({ country, subdivision }) => country === code && subdivision === undefined);
}
