import { existsSync } from "node:fs";
import { which } from "./process.js";

/** Under these names, Chromium and what is made of it are installed. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const APPLICATIONS = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** The path of a browser; `undefined` where there is none. */
export function findBrowser() {
  return NAMES.map((name) => which(name)).find(Boolean) ?? APPLICATIONS.find((file) => existsSync(file));
}
