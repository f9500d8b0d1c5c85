import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { texts } from "../texts.ts";
import { ErrorAlert } from "./error-alert.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  /** What has to be written before it is done; nothing where absent. */
  readonly word?: string;
  readonly run: () => Promise<void>;
  readonly close: () => void;
}

/** Asks before something is done that cannot be undone, and stays with the reason where it is refused. */
export function Confirm({ title, text, action, word, run, close }: ConfirmProps) {
  const [written, write] = useState("");
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const start = async (): Promise<void> => {
    setRunning(true);
    try {
      await run();
      close();
    } catch (cause) {
      setError(cause);
      setRunning(false);
    }
  };
  return (
    <Modal
      visible
      header={title}
      onDismiss={close}
      closeAriaLabel={texts.dialog.close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {texts.dialog.cancel}
            </Button>
            <Button variant="primary" loading={running} disabled={word !== undefined && written !== word} onClick={() => void start()}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box variant="p">{text}</Box>
        {word !== undefined && (
          <FormField label={texts.dialog.toConfirm(word)}>
            <Input value={written} placeholder={word} onChange={({ detail }) => write(detail.value)} />
          </FormField>
        )}
        {error !== undefined && <ErrorAlert error={error} />}
      </SpaceBetween>
    </Modal>
  );
}
