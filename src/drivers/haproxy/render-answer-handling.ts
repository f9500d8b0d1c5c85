import type { AnswerHandling } from "../../domain/request-handling.ts";
import { serverName } from "./error-pages.ts";
import { quote, quoteFormat } from "./quote.ts";
import { markOf } from "./route-mark.ts";

/** A condition that always holds, and notes how the answer is to be handled: it is asked only where all before it hold. */
export function markAnswers(handling: AnswerHandling): string {
  return `{ int(${markOf(handling)}),set-var(txn.answers) -m found }`;
}

/** What a listener does with answers, whoever made them, each by the mark of its route. */
export function renderAnswerHandling(all: readonly AnswerHandling[]): readonly string[] {
  const distinct = new Map(all.map((handling) => [markOf(handling), handling]));
  return [...distinct].flatMap(([mark, { headers, isNameless }]) => {
    const when = `if { var(txn.answers) -m int ${mark} }`;
    return [
      ...Object.entries(headers).map(([name, value]) => `http-after-response set-header ${quote(name)} ${quoteFormat(value)} ${when}`),
      ...(isNameless ? [`http-after-response del-header Server ${when} { res.fhdr(server) -m str ${serverName} }`] : []),
    ];
  });
}
