import { expect, test } from "vitest";
import { shellWords } from "./shell-words.ts";

test.each([
  ["ls -la  /", ["ls", "-la", "/"]],
  ["", []],
  [" \t ", []],
  ["sh -c 'echo $HOME \"x\"; exit'", ["sh", "-c", 'echo $HOME "x"; exit']],
  ['a"b c"d', ["ab cd"]],
  ["'' \"\"", ["", ""]],
  ["a\\ b \\'", ["a b", "'"]],
  ['"a\\"b\\\\c\\n"', ['a"b\\c\\n']],
  ["'a\\b'", ["a\\b"]],
  ["a\nb", ["a", "b"]],
  ["'open", undefined],
  ['"open', undefined],
  ["end\\", undefined],
])("%j is %j", (text, words) => {
  expect(shellWords(text)).toEqual(words);
});
