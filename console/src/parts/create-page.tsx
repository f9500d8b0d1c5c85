import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { texts } from "../texts.ts";
import { ErrorAlert } from "./error-alert.tsx";

interface CreatePageProps {
  readonly title: string;
  readonly description?: string;
  /** The words on the button. */
  readonly action: string;
  readonly children: ReactNode;
  /** True where something that is needed is missing: the button says nothing is done. */
  readonly incomplete?: boolean;
  readonly create: () => Promise<void>;
  readonly cancel: () => void;
}

/** A form that makes something. What the server refuses stays beside what was asked. */
export function CreatePage({ title, description, action, children, incomplete = false, create, cancel }: CreatePageProps) {
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (): Promise<void> => {
    if (incomplete || running) return;
    setRunning(true);
    setError(undefined);
    try {
      await create();
    } catch (cause) {
      setError(cause);
    } finally {
      setRunning(false);
    }
  };
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={description}>
          {title}
        </Header>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" variant="link" onClick={cancel}>
                {texts.dialog.cancel}
              </Button>
              <Button variant="primary" loading={running} disabled={incomplete}>
                {action}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            {children}
            {error !== undefined && <ErrorAlert error={error} />}
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
