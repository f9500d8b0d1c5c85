import type { AccessKey } from "@aws-sdk/client-iam";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Copy } from "../../parts/copy.tsx";
import { texts } from "../../texts.ts";

const t = texts.users;

/** A key that was just made, with its secret, which nobody tells again. */
export function NewKey({ accessKey, close }: { readonly accessKey: AccessKey; readonly close: () => void }) {
  const { AccessKeyId = "", SecretAccessKey = "", UserName = "" } = accessKey;
  return (
    <Modal
      visible
      header={t.createKey}
      closeAriaLabel={texts.dialog.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="download"
              onClick={() => download(`${UserName}_accessKeys.csv`, `Access key ID,Secret access key\n${AccessKeyId},${SecretAccessKey}\n`)}
            >
              {t.download}
            </Button>
            <Button variant="primary" onClick={close}>
              {t.done}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{t.once}</Alert>
        <KeyValuePairs
          columns={1}
          items={[
            { label: t.key, value: <Copy text={AccessKeyId} shown name={t.key} /> },
            { label: t.secret, value: <Copy text={SecretAccessKey} shown name={t.secret} /> },
          ]}
        />
      </SpaceBetween>
    </Modal>
  );
}

/** Lets the browser keep a text as a file, in the format that AWS's console gives it. */
function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
