import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useEffect, useState } from "react";

const KEY = "airfield.appearance";

/** Dark or light: as somebody chose in this browser, else as their system is. */
export function useAppearance(): { readonly dark: boolean; readonly setDark: (dark: boolean) => void } {
  const [dark, setDark] = useState(() => {
    const chosen = localStorage.getItem(KEY);
    return chosen === null ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  });
  useEffect(() => applyMode(dark ? Mode.Dark : Mode.Light), [dark]);
  return {
    dark,
    setDark(chosen) {
      localStorage.setItem(KEY, chosen ? "dark" : "light");
      setDark(chosen);
    },
  };
}
