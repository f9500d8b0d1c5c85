import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { texts } from "../texts.ts";

/** Copies a text. @param shown whether the text stands beside the button */
export function Copy({ text, shown = false, name }: { readonly text: string; readonly shown?: boolean; readonly name?: string }) {
  return (
    <CopyToClipboard
      variant={shown ? "inline" : "icon"}
      textToCopy={text}
      copyButtonAriaLabel={name === undefined ? texts.copy.copy : `${texts.copy.copy} ${name}`}
      copySuccessText={texts.copy.copied}
      copyErrorText={texts.copy.failed}
    />
  );
}
