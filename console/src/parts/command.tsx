import { Copy } from "./copy.tsx";

/** A command, a document or lines of a log, as they are, to be copied. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div className="command">
      {/* Long lines are scrolled to, also by keyboard. */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </div>
  );
}
