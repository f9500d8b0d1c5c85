import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { texts } from "../texts.ts";

type Tell = (text: string, type?: FlashbarProps.Type) => void;

const TellContext = createContext<Tell>(() => undefined);

/** Tells something that stays until it is read away: `tell("Successfully created …")`. */
export function useTell(): Tell {
  return use(TellContext);
}

/** The latest five are kept. */
const MOST = 5;
let lastId = 0;

export function useNotifications(): {
  readonly bar: ReactNode;
  readonly Provider: ({ children }: { readonly children: ReactNode }) => ReactNode;
  readonly tell: Tell;
} {
  const [items, setItems] = useState<readonly FlashbarProps.MessageDefinition[]>([]);
  const tell = useCallback<Tell>((content, type = "success") => {
    lastId += 1;
    const id = String(lastId);
    const item = { id, content, type, dismissible: true, dismissLabel: texts.shell.dismiss };
    const onDismiss = (): void => setItems((now) => now.filter((one) => one.id !== id));
    setItems((now) => [{ ...item, onDismiss }, ...now].slice(0, MOST));
  }, []);
  const Provider = useMemo(
    () =>
      function TellProvider({ children }: { readonly children: ReactNode }) {
        return <TellContext value={tell}>{children}</TellContext>;
      },
    [tell],
  );
  return { bar: <Flashbar items={items} stackItems i18nStrings={texts.shell.stack} />, Provider, tell };
}
