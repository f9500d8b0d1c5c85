import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import { ErrorAlert } from "../parts/error-alert.tsx";
import { rememberedRegion } from "../shell/regions.ts";
import { texts } from "../texts.ts";
import { whyEnded } from "./session.ts";
import { signInWithKey, signInWithLink } from "./sign-in.ts";

/** @param link the secret of a link that was followed here */
export function SignInPage({ link }: { readonly link: string | undefined }) {
  const [accessKeyId, setId] = useState("");
  const [secretAccessKey, setSecret] = useState("");
  const [token, setToken] = useState("");
  const [running, setRunning] = useState(link !== undefined);
  const [error, setError] = useState<unknown>();
  const attempt = (run: () => Promise<void>): void => {
    setRunning(true);
    setError(undefined);
    run().catch((cause: unknown) => {
      setError(cause);
      setRunning(false);
    });
  };
  // A link is good once: it is redeemed once, too.
  useEffect(() => {
    if (link !== undefined) attempt(() => signInWithLink(link));
  }, [link]);
  const submit = (): void => {
    const sessionToken = token.trim();
    const keys = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim() };
    attempt(() => signInWithKey(sessionToken === "" ? keys : { ...keys, sessionToken }, rememberedRegion()));
  };
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Container
          header={
            <Header variant="h1" description={texts.signIn.description}>
              {texts.signIn.title}
            </Header>
          }
        >
          <SpaceBetween size="l">
            {whyEnded() === "expired" && <Alert type="info">{texts.signIn.expired}</Alert>}
            <FormField label={texts.signIn.accessKeyId}>
              <Input value={accessKeyId} autoFocus autoComplete={false} spellcheck={false} onChange={({ detail }) => setId(detail.value)} />
            </FormField>
            <FormField label={texts.signIn.secretAccessKey}>
              <Input type="password" value={secretAccessKey} autoComplete={false} onChange={({ detail }) => setSecret(detail.value)} />
            </FormField>
            <ExpandableSection headerText={texts.signIn.temporary}>
              <FormField label={texts.signIn.sessionToken} description={texts.signIn.sessionTokenHow}>
                <Input type="password" value={token} autoComplete={false} onChange={({ detail }) => setToken(detail.value)} />
              </FormField>
            </ExpandableSection>
            {error !== undefined && <ErrorAlert error={error} />}
            <Button variant="primary" fullWidth loading={running} disabled={accessKeyId.trim() === "" || secretAccessKey.trim() === ""}>
              {texts.signIn.action}
            </Button>
            <Box variant="p" color="text-body-secondary">
              {texts.signIn.link} <Box variant="code">airfield console</Box>
            </Box>
          </SpaceBetween>
        </Container>
      </form>
    </main>
  );
}
