/** How many cases a property is tried with: few in every run, many where `AIRFIELD_FUZZ_RUNS` asks for them, as at night. */
export function fuzzRuns(few = 500): number {
  return Number(process.env["AIRFIELD_FUZZ_RUNS"] ?? few);
}
