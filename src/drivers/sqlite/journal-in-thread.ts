import { JobThread, startThread, type Numbered } from "../filesystem/job-thread.ts";
import type { JournalAnswer, JournalJob, JournalWorker } from "./journal-jobs.ts";

type Thread = JobThread<{ readonly journal: number; readonly job: JournalJob }, JournalAnswer & Numbered>;

/** One for all journals of the process. It is started when the first one is opened, and keeps no process alive. */
let thread: Thread | undefined;
let journals = 0;

/** Another thread than the one that answers requests has the database: that one waits for neither SQLite nor the disk. */
export function journalInThread(): JournalWorker {
  const journal = (journals += 1);
  // One that ended takes no more jobs: whoever had a journal there is told so, and not led to believe that another has it.
  const own = (thread ??= started());
  return (job) => own.ask({ journal, job });
}

function started(): Thread {
  // What the disk is too slow for lies there in memory: as much as the journals let it.
  return new JobThread(startThread(new URL("journal-thread.ts", import.meta.url), {}), "has the journal", () => (thread = undefined));
}
