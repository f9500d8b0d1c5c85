import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { codeOf, messageOf, troubleOf } from "../api/errors.ts";
import { texts } from "../texts.ts";
import { Copy } from "./copy.tsx";

/** What went wrong, in the server's own words; of a refusal by a policy, that it is one. */
export function ErrorAlert({ error }: { readonly error: unknown }) {
  const trouble = troubleOf(error);
  if (trouble === "unreachable")
    return (
      <Alert type="warning" header={texts.errors.unreachable}>
        {texts.errors.unreachableHow}
      </Alert>
    );
  return (
    <Alert
      type={trouble === "denied" ? "warning" : "error"}
      header={texts.errors[trouble]}
      action={<Copy text={`${codeOf(error)}: ${messageOf(error)}`} />}
    >
      <Box variant="p">{messageOf(error)}</Box>
      <Box variant="small">{codeOf(error)}</Box>
    </Alert>
  );
}
