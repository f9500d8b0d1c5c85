import { writeFile } from "node:fs/promises";
import { SERVICES } from "../services/catalogue.ts";
import { coverageDocument } from "./coverage.ts";

// `npm run coverage`
await writeFile(new URL("../../docs/coverage.md", import.meta.url), await coverageDocument(SERVICES));
