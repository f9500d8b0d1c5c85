import { RE2JS, RE2JSSyntaxException } from "re2js";
import { patternSize } from "../../domain/pattern-size.ts";
import type { TaskRecord } from "../../state/ecs.ts";

type Options = Readonly<Record<string, string>>;

/**
 * The pattern, in the syntax of RE2, of the lines that begin an event; absent where every line is one. A format of dates becomes the pattern that matches
 * dates in it. Source: Docker, "Amazon CloudWatch Logs logging driver".
 */
export function multilinePattern(options: Options): string | undefined {
  const format = options["awslogs-datetime-format"];
  if (format) return format.replace(/%./g, (sequence) => DATE_PARTS[sequence] ?? "");
  return options["awslogs-multiline-pattern"] || undefined;
}

/** Sequences of `strftime`. What is none of them matches nothing, as in the driver. */
const DATE_PARTS: Readonly<Record<string, string>> = {
  "%a": "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
  "%A": "(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)",
  "%w": "[0-6]",
  "%d": "(?:0[1-9]|[12][0-9]|3[01])",
  "%b": "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
  "%B": "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
  "%m": "(?:0[1-9]|1[0-2])",
  "%Y": "\\d{4}",
  "%y": "\\d{2}",
  "%H": "(?:[01][0-9]|2[0-3])",
  "%I": "(?:0[0-9]|1[0-2])",
  "%p": "[AP]M",
  "%M": "[0-5][0-9]",
  "%S": "[0-5][0-9]",
  "%f": "\\d{6}",
  "%z": "[+-]\\d{4}",
  "%Z": "[A-Z]{1,4}T",
  "%j": "(?:[0-2][0-9][0-9]|3[0-5][0-9]|36[0-6])",
  "%L": "\\.\\d{3}",
};

/** What keeps the logging driver from starting, and with it the task, in AWS's words; nothing where all is well. */
export function driverFailure(options: Options, launchType: TaskRecord["launchType"]): string | undefined {
  const refused = refusedOptions(options);
  const unreadable = refused === undefined ? unreadablePattern(options) : undefined;
  const why = refused ?? unreadable;
  if (why === undefined) return undefined;
  if (launchType === "FARGATE") return `ResourceInitializationError: failed to validate logger args: ${why} : exit status 1`;
  return refused === undefined
    ? `CannotStartContainerError: Error response from daemon: failed to initialize logging driver: ${why}`
    : `CannotCreateContainerError: Error response from daemon: ${why}`;
}

/** What Docker refuses of a container's log options, before it looks at what they hold. */
function refusedOptions(options: Options): string | undefined {
  const size = options["max-buffer-size"];
  if (size !== undefined && options["mode"] !== "non-blocking")
    return "logger: max-buffer-size option is only supported with 'mode=non-blocking'";
  if (size !== undefined && !/^\d+(?:\.\d+)? ?(?:[kmgtp]i?)?b?$/i.test(size))
    return `logger: error parsing option max-buffer-size: invalid size: '${size}'`;
  return options["awslogs-datetime-format"] && options["awslogs-multiline-pattern"]
    ? "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time"
    : undefined;
}

/** Instructions: the sequences of a date make about a hundred. Each line takes as much longer, and all accounts have the same processor. */
const MOST_INSTRUCTIONS = 500;

function unreadablePattern(options: Options): string | undefined {
  const pattern = multilinePattern(options);
  if (pattern === undefined) return undefined;
  // In the words of the engine for its own, far larger limit.
  if (patternSize(pattern) > MOST_INSTRUCTIONS)
    return "awslogs could not parse multiline pattern key: error parsing regexp: expression too large";
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof RE2JSSyntaxException)) throw thrown;
    return `awslogs could not parse multiline pattern key ${JSON.stringify(pattern)}: ${thrown.message}`;
  }
}
