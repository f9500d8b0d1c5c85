// What runs in the thread of `journalInThread`: SQLite, for all journals of the process.
import { parentPort } from "node:worker_threads";
import type { Numbered } from "../filesystem/job-thread.ts";
import { journalDatabase } from "./journal-database.ts";
import type { JournalJob, JournalWorker } from "./journal-jobs.ts";

const journals = new Map<number, JournalWorker>();

parentPort?.on("message", ({ id, journal, job }: { readonly journal: number; readonly job: JournalJob } & Numbered) => {
  const worker = journals.get(journal) ?? journalDatabase();
  journals.set(journal, worker);
  if (job.kind === "close") journals.delete(journal);
  void worker(job).then((answer) => parentPort?.postMessage({ id, ...answer }));
});
