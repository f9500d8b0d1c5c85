import { randomFillSync, randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../../ports/ids.ts";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Asking the generator costs about as much for some thousand bytes as for a few. */
const STOCK_BYTES = 4096;
const stock = Buffer.alloc(STOCK_BYTES);
let used = STOCK_BYTES;

/** Each byte of the stock is given away once, and none of it is kept after that. */
function hex(bytes: number): string {
  if (used + bytes > STOCK_BYTES) {
    randomFillSync(stock);
    used = 0;
  }
  const own = stock.subarray(used, (used += bytes));
  const text = own.toString("hex");
  own.fill(0);
  return text;
}

/** Ids from the machine's random number generator. */
export const systemIds: Ids = {
  hex: (length) => {
    const bytes = Math.ceil(length / 2);
    return (bytes > STOCK_BYTES ? randomFillSync(Buffer.alloc(bytes)).toString("hex") : hex(bytes)).slice(0, length);
  },
  alphanumeric: (length) => Array.from({ length }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join(""),
  digits: (length) => Array.from({ length }, (_, at) => (at === 0 ? randomInt(1, 10) : randomInt(10))).join(""),
  uuid: () => randomUUID(),
};
