import Alert from "@cloudscape-design/components/alert";
import { texts } from "../texts.ts";

/** Where an address names something that is not there, or not any more. */
export function Missing({ what }: { readonly what: string }) {
  return (
    <Alert type="info" header={texts.errors.missing}>
      {texts.errors.missingHow(what)}
    </Alert>
  );
}
