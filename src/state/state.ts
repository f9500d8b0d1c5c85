import type { Change, Table, TableDefinition } from "./table.ts";

export { NoRoomError } from "../ports/no-room.ts";

/**
 * The control plane's memory. Changes are made in synchronous commits: a commit happens whole or, where it throws, not at all.
 * It shows in the tables at once; `durable()` tells when it is on disk. Who answers a client or acts on the outside world awaits
 * that first.
 */
export interface State {
  /** The table of that definition, filled with what the journal held. */
  table<R extends object, I extends string>(definition: TableDefinition<R, I>): Table<R, I>;
  /**
   * Runs `change`, in which tables may be written. What it wrote becomes durable together; if it throws, nothing was written.
   * A commit inside a commit joins it. Where the disk has no room, its first write throws `NoRoomError`: nothing that could not become durable is seen.
   */
  commit<T>(change: () => T): T;
  /**
   * A commit of something that nobody counts on, such as when something was last used: left out where the disk has no room. It shows at once, and becomes durable with
   * the next commit, when somebody waits for it, or within a second or so.
   */
  note(change: () => void): void;
  /** Resolves when every commit made so far would survive a crash; rejects where the journal failed, and with `NoRoomError` where it cannot write now. */
  durable(): Promise<void>;
}

/** The memory of all accounts: what control loops and the rooms that decide look at. Operations get a view of one account. */
export interface WholeState extends State {
  /**
   * A commit of what has happened outside, which no refusal undoes: a container that ended, a target that does not answer. It is taken also where the disk has
   * no room, for which the journal has a reserve: so it is small, and not what brings more about. What watchers commit while they are called is taken so as well, since it
   * follows from what was.
   */
  record<T>(change: () => T): T;
  /** What there is for an account: its own records, and those that all share. */
  of(account: string): AccountView;
  /** Calls `watcher` after each commit for each changed record of the table, in the order of the commits. */
  watch<R extends object, I extends string>(definition: TableDefinition<R, I>, watcher: (change: Change<R>) => void): Disposable;
  /**
   * The state as somebody sees it who tells others of it: its `durable()` waits for what was seen and committed through it, and for nothing else.
   * @param apart tables that others look into on its behalf: they count as seen, whole
   */
  visit(apart?: readonly Pick<TableDefinition<never, never>, "name">[]): Visit;
}

export interface Visit extends WholeState {
  /**
   * Resolves when every commit that made or removed what was shown here, and every one that was made here, would survive a crash; rejects where the
   * journal failed before. Others' commits are not waited for.
   */
  durable(): Promise<void>;
}

/**
 * The state as one account sees it: its own records, and those that all accounts share. Records of another account are not there, by
 * whatever key or index they are looked up, and cannot be written, until a policy of that account has been asked and `open` was called.
 * Lists cost what all accounts have under the index; indexes that lists use begin with the account.
 */
export interface AccountView extends State {
  readonly account: string;
  /** The state of all accounts, for what the machine has only once, and for the rooms that decide. Each use is a way across: say why. */
  readonly whole: WholeState;
  /** Shows the records of the service and the account in an ARN that policies have allowed this request to use. */
  open(resource: string): void;
}
