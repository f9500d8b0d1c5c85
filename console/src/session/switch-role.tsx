import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useClient } from "../api/clients.ts";
import { usePlace } from "../api/live.ts";
import { ErrorAlert } from "../parts/error-alert.tsx";
import { texts } from "../texts.ts";
import { startSession } from "./session.ts";

/** Takes on a role, of this account or another, by its account and name, as AWS's console does. */
export function SwitchRole({ close }: { readonly close: () => void }) {
  const sts = useClient(STSClient);
  const { session } = usePlace();
  const [account, setAccount] = useState(session.account);
  const [role, setRole] = useState("");
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const assume = async (): Promise<void> => {
    setRunning(true);
    setError(undefined);
    try {
      const RoleArn = `arn:aws:iam::${account.trim()}:role/${role.trim()}`;
      const { Credentials, AssumedRoleUser } = await sts.send(
        new AssumeRoleCommand({ RoleArn, RoleSessionName: sessionName(session.arn) }),
      );
      const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
      close();
      startSession({
        credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
        account: account.trim(),
        arn: AssumedRoleUser?.Arn ?? RoleArn,
        ...(Expiration ? { expiresAt: Expiration.getTime() } : {}),
        before: session,
      });
    } catch (cause) {
      setError(cause);
      setRunning(false);
    }
  };
  return (
    <Modal
      visible
      header={texts.role.title}
      closeAriaLabel={texts.dialog.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {texts.dialog.cancel}
            </Button>
            <Button variant="primary" loading={running} disabled={role.trim() === ""} onClick={() => void assume()}>
              {texts.role.action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={texts.role.account}>
          <Input value={account} inputMode="numeric" onChange={({ detail }) => setAccount(detail.value)} />
        </FormField>
        <FormField label={texts.role.name} description={texts.role.nameHow}>
          <Input value={role} onChange={({ detail }) => setRole(detail.value)} />
        </FormField>
        {error !== undefined && <ErrorAlert error={error} />}
      </SpaceBetween>
    </Modal>
  );
}

/** The caller's own name, in the characters that a session's name may have, as the trail then shows it. */
function sessionName(arn: string): string {
  const name = arn.split(/[/:]/).pop() ?? "";
  return name
    .replace(/[^\w+=,.@-]/g, "-")
    .slice(0, 64)
    .padEnd(2, "-");
}
