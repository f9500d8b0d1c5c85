import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  type FilterLogEventsCommandInput,
  type FilteredLogEvent,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, test, vi } from "vitest";
import { logSink } from "../../control/log-delivery.ts";
import { sqliteLogStore } from "../../drivers/sqlite/log-store.ts";
import { ensureLogGroup, ensureLogStream, logStreams } from "../../state/logs.ts";
import { apiWorld } from "../../testing/api-world.ts";

const GROUP = "/ecs/web";
const STREAM = "web/app/0123";

async function logsWorld() {
  const logs = sqliteLogStore(":memory:");
  const api = await apiWorld({ logs });
  const client = api.client(CloudWatchLogsClient);
  return {
    ...api,
    logs,
    client,
    async stream(name = STREAM, group = GROUP) {
      await client.send(new CreateLogGroupCommand({ logGroupName: group })).catch((cause: Error) => {
        if (cause.name !== "ResourceAlreadyExistsException") throw cause;
      });
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: name }));
    },
    put: (messages: readonly string[], { at = Date.now(), stream = STREAM } = {}) =>
      client.send(
        new PutLogEventsCommand({
          logGroupName: GROUP,
          logStreamName: stream,
          logEvents: messages.map((message, index) => ({ timestamp: at + index, message })),
        }),
      ),
    get: (input: Partial<ConstructorParameters<typeof GetLogEventsCommand>[0]> = {}) =>
      client.send(new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: STREAM, ...input })),
    filter: (input: Partial<FilterLogEventsCommandInput> = {}) =>
      client.send(new FilterLogEventsCommand({ logGroupName: GROUP, ...input })),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await logs.close();
      expect(api.defects).toEqual([]);
    },
  };
}

const messagesOf = (answer: { events?: readonly { message?: string | undefined }[] | undefined }) =>
  answer.events?.map(({ message }) => message);

describe("groups and streams", () => {
  test("the command line makes, finds and deletes them", { timeout: 90_000 }, async () => {
    await using api = await logsWorld();
    for (const name of ["/ecs/web", "/ecs/api", "/other"])
      expect(await api.aws("logs", "create-log-group", "--log-group-name", name, "--tags", "team=a")).toMatchObject({ code: 0 });
    const { stdout } = await api.aws(
      "logs",
      "describe-log-groups",
      "--log-group-name-prefix",
      "/ecs/",
      "--query",
      "logGroups[].[logGroupName,arn,storedBytes]",
      "--output",
      "json",
    );
    expect(JSON.parse(stdout)).toEqual([
      ["/ecs/api", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api:*", 0],
      ["/ecs/web", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:*", 0],
    ]);
    const again = await api.aws("logs", "create-log-group", "--log-group-name", "/other");
    expect(again.stderr).toContain(
      "(ResourceAlreadyExistsException) when calling the CreateLogGroup operation: The specified log group already exists",
    );
    expect(await api.aws("logs", "delete-log-group", "--log-group-name", "/other")).toMatchObject({ code: 0 });
    const gone = await api.aws("logs", "describe-log-streams", "--log-group-name", "/other");
    expect(gone.stderr).toContain(
      "(ResourceNotFoundException) when calling the DescribeLogStreams operation: The specified log group does not exist.",
    );
  });

  test("groups are paged, and found by a part of the name", async () => {
    await using api = await logsWorld();
    for (let at = 0; at < 5; at++) await api.client.send(new CreateLogGroupCommand({ logGroupName: `g${at}` }));
    const first = await api.client.send(new DescribeLogGroupsCommand({ limit: 3 }));
    const second = await api.client.send(new DescribeLogGroupsCommand({ limit: 3, nextToken: first.nextToken }));
    expect([...first.logGroups!, ...second.logGroups!].map(({ logGroupName }) => logGroupName)).toEqual(["g0", "g1", "g2", "g3", "g4"]);
    expect(second.nextToken).toBeUndefined();
    expect((await api.client.send(new DescribeLogGroupsCommand({ logGroupNamePattern: "4" }))).logGroups).toHaveLength(1);
    await expect(api.client.send(new DescribeLogGroupsCommand({ nextToken: "forged" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "The specified nextToken is invalid.",
    });
  });

  test.each([
    [
      "a colon",
      "a:b",
      "Value 'a:b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
    ],
    ["too long", "x".repeat(513), "Member must have length less than or equal to 512"],
  ])("a group name with %s is refused", async (_what, logGroupName, text) => {
    await using api = await logsWorld();
    await expect(api.client.send(new CreateLogGroupCommand({ logGroupName }))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining(text),
    });
  });

  test("streams are ordered by name or by their last event, up and down, over pages", async () => {
    await using api = await logsWorld();
    const now = Date.now();
    for (const [at, name] of ["a", "b", "c", "ab"].entries()) {
      await api.stream(name);
      await api.put(["x"], { stream: name, at: now - at * 1000 });
    }
    const names = async (input: object) =>
      (await api.client.send(new DescribeLogStreamsCommand({ logGroupName: GROUP, ...input }))).logStreams!.map(
        ({ logStreamName }) => logStreamName,
      );
    expect(await names({})).toEqual(["a", "ab", "b", "c"]);
    expect(await names({ logStreamNamePrefix: "a" })).toEqual(["a", "ab"]);
    expect(await names({ orderBy: "LastEventTime", descending: true })).toEqual(["a", "b", "c", "ab"]);
    const paged: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await api.client.send(new DescribeLogStreamsCommand({ logGroupName: GROUP, descending: true, limit: 1, nextToken }));
      paged.push(...page.logStreams!.map(({ logStreamName }) => logStreamName));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(paged).toEqual(["c", "b", "ab", "a"]);
    await expect(names({ orderBy: "LastEventTime", logStreamNamePrefix: "a" })).rejects.toThrow(
      "Cannot order by LastEventTime with a logStreamNamePrefix.",
    );
  });

  test("a deleted stream, or group, takes its events with it", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.put(["old"]);
    await api.client.send(new DeleteLogStreamCommand({ logGroupName: GROUP, logStreamName: STREAM }));
    await expect(api.get()).rejects.toThrow("The specified log stream does not exist.");
    await api.stream();
    expect((await api.get()).events).toEqual([]);
    await api.put(["older"]);
    await api.client.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    expect(api.state.table(logStreams).size).toBe(0);
    await api.stream();
    expect((await api.get()).events).toEqual([]);
  });

  test("tags by ARN and by the older operations are the same tags", { timeout: 90_000 }, async () => {
    await using api = await logsWorld();
    await api.stream();
    const arn = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web";
    await api.aws("logs", "tag-resource", "--resource-arn", arn, "--tags", "a=1,b=2");
    await api.aws("logs", "untag-log-group", "--log-group-name", GROUP, "--tags", "a");
    const { stdout } = await api.aws("logs", "list-tags-for-resource", "--resource-arn", arn);
    expect(JSON.parse(stdout)).toEqual({ tags: { b: "2" } });
  });

  test("a retention is shown, and one that AWS does not have is refused", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.client.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 7 }));
    expect((await api.client.send(new DescribeLogGroupsCommand({}))).logGroups![0]!.retentionInDays).toBe(7);
    await expect(api.client.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 8 }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await api.aws("logs", "delete-retention-policy", "--log-group-name", GROUP);
    expect((await api.client.send(new DescribeLogGroupsCommand({}))).logGroups![0]).not.toHaveProperty("retentionInDays");
  });
});

describe("PutLogEvents", () => {
  test("says which events are too old, expired or too new, and stores the rest", async () => {
    await using api = await logsWorld();
    await api.stream();
    const now = Date.now();
    const hour = 3_600_000;
    const send = (times: readonly number[]) =>
      api.client.send(
        new PutLogEventsCommand({
          logGroupName: GROUP,
          logStreamName: STREAM,
          logEvents: times.map((timestamp) => ({ timestamp, message: "m" })),
        }),
      );
    expect((await send([now - hour, now, now + 3 * hour])).rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 2 });
    expect((await send([now - 14 * 24 * hour - hour, now - 14 * 24 * hour + hour])).rejectedLogEventsInfo).toEqual({
      tooOldLogEventEndIndex: 1,
    });
    await api.client.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 1 }));
    expect((await send([now - 25 * hour, now - 20 * hour])).rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 });
    expect((await api.get()).events).toHaveLength(4);
  });

  const event = (timestamp: number, message = "m") => ({ timestamp, message });
  test.each([
    ["out of order", [event(2), event(1)], "Log events in a single PutLogEvents request must be in chronological order."],
    [
      "over more than a day",
      [event(0), event(86_400_001)],
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    ],
    ["too large", [event(1, "x".repeat(1_048_551))], "Upload too large: 1048577 bytes exceeds limit of 1048576"],
    [
      "none",
      [],
      "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])("refuses a batch that is %s", async (_what, logEvents, message) => {
    await using api = await logsWorld();
    await api.stream();
    await expect(api.client.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: STREAM, logEvents }))).rejects.toMatchObject(
      { name: "InvalidParameterException", message },
    );
  });
});

// On AWS, too, what ends in `:*` names all streams of the group, which none of these asks for.
test.each([
  ["GetLogEvents", (logGroupIdentifier: string) => new GetLogEventsCommand({ logGroupIdentifier, logStreamName: STREAM })],
  ["DescribeLogStreams", (logGroupIdentifier: string) => new DescribeLogStreamsCommand({ logGroupIdentifier })],
] as const)("%s takes the ARN of a group, and not one that ends in :*", async (_, command) => {
  await using api = await logsWorld();
  await api.stream();
  const arn = `arn:aws:logs:us-east-1:123456789012:log-group:${GROUP}`;
  await api.client.send(command(arn) as GetLogEventsCommand);
  await expect(api.client.send(command(`${arn}:*`) as GetLogEventsCommand)).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: expect.stringContaining(`Value '${arn}:*' at 'logGroupIdentifier' failed to satisfy constraint`) as string,
  });
});

describe("GetLogEvents", () => {
  test("gives the newest page, or with startFromHead the oldest, in the order of time", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.put(["a", "b", "c", "d", "e"]);
    expect(messagesOf(await api.get({ limit: 2 }))).toEqual(["d", "e"]);
    expect(messagesOf(await api.get({ limit: 2, startFromHead: true }))).toEqual(["a", "b"]);
  });

  test("pages forwards to the end, where the same token comes back, and goes on from it when more comes", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.put(["a", "b", "c"]);
    const first = await api.get({ limit: 2, startFromHead: true });
    const second = await api.get({ limit: 2, nextToken: first.nextForwardToken });
    expect(messagesOf(second)).toEqual(["c"]);
    const end = await api.get({ limit: 2, nextToken: second.nextForwardToken });
    expect([end.events, end.nextForwardToken]).toEqual([[], second.nextForwardToken]);
    expect(messagesOf(await api.get({ nextToken: end.nextBackwardToken }))).toEqual(["a", "b", "c"]);
    await api.put(["d"], { at: Date.now() + 1000 });
    expect(messagesOf(await api.get({ nextToken: end.nextForwardToken }))).toEqual(["d"]);
  });

  test("pages backwards to the beginning", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.put(["a", "b", "c"]);
    const last = await api.get({ limit: 2 });
    const before = await api.get({ limit: 2, nextToken: last.nextBackwardToken });
    expect(messagesOf(before)).toEqual(["a"]);
    const beginning = await api.get({ limit: 2, nextToken: before.nextBackwardToken });
    expect([beginning.events, beginning.nextBackwardToken]).toEqual([[], before.nextBackwardToken]);
    expect(messagesOf(await api.get({ nextToken: beginning.nextForwardToken }))).toEqual(["a", "b", "c"]);
  });

  test("an empty stream gives a token from which its first event is found", async () => {
    await using api = await logsWorld();
    await api.stream();
    const empty = await api.get({ startFromHead: true });
    await api.put(["a"]);
    expect(messagesOf(await api.get({ nextToken: empty.nextForwardToken }))).toEqual(["a"]);
  });

  test("an answer stays below a megabyte", async () => {
    await using api = await logsWorld();
    await api.stream();
    for (let at = 0; at < 3; at++) await api.put(["x".repeat(500_000)], { at: Date.now() + at });
    const first = await api.get({ startFromHead: true });
    expect(first.events).toHaveLength(2);
    expect((await api.get({ nextToken: first.nextForwardToken })).events).toHaveLength(1);
  });
});

describe("FilterLogEvents", () => {
  test("finds over all streams, in the order of time, page by page", async () => {
    await using api = await logsWorld();
    const at = Date.now();
    for (let stream = 0; stream < 3; stream++) {
      await api.stream(`s/${stream}`);
      await api.put(["GET / 200", "GET /x 404", "GET / 200"], { stream: `s/${stream}`, at: at + stream * 10 });
    }
    const found: FilteredLogEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await api.filter({ filterPattern: '"404"', limit: 1, nextToken, interleaved: true });
      found.push(...page.events!);
      nextToken = page.nextToken;
    } while (nextToken);
    expect(found.map(({ logStreamName, timestamp }) => [logStreamName, timestamp! - at])).toEqual([
      ["s/0", 1],
      ["s/1", 11],
      ["s/2", 21],
    ]);
    expect(new Set(found.map(({ eventId }) => eventId)).size).toBe(3);
    expect((await api.filter({ logStreamNamePrefix: "s/1" })).events).toHaveLength(3);
    expect((await api.filter({ logStreamNames: ["s/0", "s/2"] })).events).toHaveLength(6);
    expect((await api.filter({ startTime: at + 11, endTime: at + 12 })).events).toHaveLength(2);
    await expect(api.filter({ logStreamNames: ["none"] })).rejects.toThrow("The specified log stream does not exist.");
    await expect(api.filter({ filterPattern: "a:b" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Invalid character(s) in term ':'",
    });
  });

  test("many streams by prefix are searched as well as few", async () => {
    await using api = await logsWorld();
    await api.client.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    for (let at = 0; at < 30; at++) {
      ensureLogStream(
        api.state,
        { account: "123456789012", region: "us-east-1", group: GROUP, stream: `${at % 2 ? "odd" : "even"}/${at}` },
        0,
      );
      await api.put([String(at)], { stream: `${at % 2 ? "odd" : "even"}/${at}` });
    }
    await api.stream("odd/99");
    for (let at = 0; at < 10; at++) await api.stream(`odd/x${at}`);
    expect(messagesOf(await api.filter({ logStreamNamePrefix: "odd" }))).toEqual(Array.from({ length: 15 }, (_, at) => String(2 * at + 1)));
  });

  test("a request looks at as much as it has time for, and the next goes on where it stopped", async () => {
    await using api = await logsWorld();
    await api.stream();
    await api.put(["a", "b", "c"].map((one) => one.repeat(70_000)));
    await api.put(["last x"]);
    const pages = [await api.filter({ filterPattern: "%x|y{150}%" })];
    for (let token = pages[0]?.nextToken; token !== undefined; token = pages.at(-1)?.nextToken)
      pages.push(await api.filter({ filterPattern: "%x|y{150}%", nextToken: token }));
    expect(pages.map(messagesOf)).toEqual([[], [], [], ["last x"]]);
    expect(messagesOf(await api.filter({ filterPattern: "x" }))).toEqual(["last x"]);
  });

  test("large events are read some at a time, and none is left out", async () => {
    await using api = await logsWorld();
    await api.stream();
    const query = vi.spyOn(api.logs, "query");
    for (let at = 0; at < 10; at += 1) await api.put(["x".repeat(250_000), `${at} `.padEnd(250_000, "x"), "x".repeat(250_000)]);
    await api.put(["last"]);
    expect(messagesOf(await api.filter({ filterPattern: "last" }))).toEqual(["last"]);
    const lengths = query.mock.results.map(({ value }) =>
      (value as { message: string }[]).reduce((sum, { message }) => sum + message.length, 0),
    );
    expect(Math.max(...lengths)).toBeLessThan(5_000_000);
    query.mockClear();
    expect((await api.get({ startFromHead: true })).events).toHaveLength(4);
    expect(query.mock.results[0]?.value).toHaveLength(5);
  });

  test("as aws logs tail --follow asks: by group, from the time of the last event on, told apart by event id", async () => {
    await using api = await logsWorld();
    await api.stream();
    const seen = new Set<string>();
    let startTime = Date.now() - 60_000;
    const poll = async () => {
      const { events = [] } = await api.filter({ startTime, interleaved: true });
      const fresh = events.filter(({ eventId }) => !seen.has(eventId!));
      for (const { eventId, timestamp } of fresh) {
        seen.add(eventId!);
        startTime = Math.max(startTime, timestamp!);
      }
      return fresh.map(({ message }) => message);
    };
    await api.put(["one"]);
    expect(await poll()).toEqual(["one"]);
    expect(await poll()).toEqual([]);
    await api.put(["two", "three"]);
    expect(await poll()).toEqual(["two", "three"]);
  });
});

describe("what containers print", () => {
  const log = { account: "123456789012", region: "us-east-1", group: GROUP, stream: STREAM };

  test("shows up for the command line at once, and the position is kept", async () => {
    await using api = await logsWorld();
    expect(ensureLogGroup(api.state, log, { createGroup: true, now: Date.now() })).toBeUndefined();
    const sink = logSink({ state: api.state, logs: api.logs, clock: api.platform.clock });
    expect([...api.state.table(logStreams).values()]).toEqual([]);
    await sink.begin!(log);
    await sink.write(
      log,
      [
        { timestamp: Date.now() + 0.5, message: "hello" },
        { timestamp: Date.now(), message: "" },
      ],
      "p1",
    );
    const { stdout, stderr } = await api.aws(
      "logs",
      "get-log-events",
      "--log-group-name",
      GROUP,
      "--log-stream-name",
      STREAM,
      "--query",
      "events[].message",
      "--output",
      "text",
    );
    expect({ stdout, stderr }).toEqual({ stdout: "hello\n", stderr: "" });
    expect(await sink.resumeFrom!(log)).toBe("p1");
  });

  test("has no place where the group is missing and may not be made", async () => {
    await using api = await logsWorld();
    expect(ensureLogGroup(api.state, log, { createGroup: false, now: 0 })?.failure).toContain(
      "ResourceNotFoundException: The specified log group does not exist.",
    );
    const sink = logSink({ state: api.state, logs: api.logs, clock: api.platform.clock });
    await sink.begin!(log);
    await sink.write(log, [{ timestamp: 1, message: "lost" }], "p1");
    expect(api.logs.query({ ...log, limit: 1 })).toEqual([]);
  });
});
