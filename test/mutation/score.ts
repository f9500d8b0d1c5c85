/** What became of the mutants of a room, as Stryker tells it. */
export interface Score {
  readonly room: string;
  /** The day, as `2026-11-28`; absent of the first ones. */
  readonly on?: string;
  /** Lines that were mutated, of how many there are with code: fewer where a run took a sample. */
  readonly lines: number;
  readonly ofLines: number;
  /** What chose the sample. */
  readonly seed?: number;
  readonly killed: number;
  /** The tests did not come to an end with it. */
  readonly timedOut: number;
  readonly survived: number;
  /** No test of the room runs it. It counts as one that survived. */
  readonly notCovered: number;
  /** In what a module does when it is loaded, or the tests could not be run: counted in neither way. */
  readonly leftOut: number;
}

type Status = "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored" | "RuntimeError" | "CompileError" | "Pending";

export function scoreOf(
  of: Pick<Score, "room" | "on" | "lines" | "ofLines" | "seed">,
  mutants: readonly { readonly status: string }[],
): Score {
  const count = (...those: readonly Status[]): number => mutants.filter(({ status }) => those.some((one) => one === status)).length;
  return {
    ...of,
    killed: count("Killed"),
    timedOut: count("Timeout"),
    survived: count("Survived"),
    notCovered: count("NoCoverage"),
    leftOut: count("Ignored", "RuntimeError", "CompileError", "Pending"),
  };
}

/** Of the mutants that were tried, the part that some test noticed, in percent. */
export function percent({ killed, timedOut, survived, notCovered }: Score): number {
  const all = killed + timedOut + survived + notCovered;
  return all === 0 ? 100 : (100 * (killed + timedOut)) / all;
}

/** `docs/mutation.md`. @param rooms all that there are, tried or not */
export function scoreDocument(scores: readonly Score[], rooms: readonly string[]): string {
  const groups = [...new Set(scores.map(({ room }) => room.split("/", 1)[0] ?? ""))].sort();
  const lines = groups.flatMap((group) => {
    const own = scores.filter(({ room }) => room.split("/", 1)[0] === group).sort((a, b) => (a.room < b.room ? -1 : 1));
    return [...own.map(row), `| **${group}, by lines** | | | | | | | **${weighted(own).toFixed(1)} %** | |`];
  });
  const untried = rooms.filter((name) => !scores.some(({ room }) => room === name)).map((name) => `\`${name}\``);
  return [HEAD, ...lines, ...(untried.length === 0 ? [] : ["", `Not tried yet: ${untried.join(", ")}.`]), ""].join("\n");
}

const HEAD = `# Mutation testing

<!-- The table is made by \`npm run mutate\` from test/mutation/scores.json. -->

\`npm run mutate\` changes the code of a room a little, in every place where [Stryker](https://stryker-mutator.io) knows a way to (a condition turned round, a call
left out, a text emptied), runs the room's unit and simulation tests, and counts the changes that no test noticed. It takes a room at a time, so
that nights and machines can share them: \`npm run mutate -- decide/rollout state/kms\`. What was tried already and has not changed since is not tried again
(\`.tmp/mutation/\`, where each room's report with all survivors lies as well).

\`--sample 60 --seed 1\` takes sixty lines of each room, chosen by the seed among those with code: an estimate in minutes, in which a change that spans
several lines, such as a block left out, does not occur.

The aim is that at least 80 percent of the mutants are noticed. Not covered counts as not noticed. Left out are mutants of what a module does once when it
is loaded (tables, patterns), for which all tests would have to run anew, and those with which the test runner itself could not run.

| room | lines | noticed | of them by a timeout | survived | not covered | left out | score | on |
|---|---:|---:|---:|---:|---:|---:|---:|---|`;

function row(score: Score): string {
  const { room, on = "", lines, ofLines, killed, timedOut, survived, notCovered, leftOut } = score;
  const sampled = lines === ofLines ? "all" : `${lines} of ${ofLines}`;
  return `| ${[room, sampled, killed + timedOut, timedOut, survived, notCovered, leftOut].join(" | ")} | ${percent(score).toFixed(1)} % | ${on} |`;
}

/** The rooms' scores, each with the weight of its lines: what of a room was sampled says nothing of its size. */
function weighted(scores: readonly Score[]): number {
  const lines = scores.reduce((total, { ofLines }) => total + ofLines, 0);
  return scores.reduce((total, score) => total + (percent(score) * score.ofLines) / lines, 0);
}
