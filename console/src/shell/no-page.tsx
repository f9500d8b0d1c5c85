import Box from "@cloudscape-design/components/box";
import { texts } from "../texts.ts";

export function NoPage() {
  return (
    <Box textAlign="center" padding="xxl">
      <Box variant="h1">{texts.shell.noPage}</Box>
      <Box variant="p">{texts.shell.noPageHow}</Box>
    </Box>
  );
}
