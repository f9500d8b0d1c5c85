import { InvalidAuthorizationMessageException } from "@aws-sdk/client-sts";
import { openAuthorizationMessage } from "../../authorization/authorization-message.ts";
import { lengthWithin } from "../constraints.ts";
import { because } from "../operation.ts";
import { operation, refuse } from "./sts-operation.ts";

export const decodeAuthorizationMessage = operation("DecodeAuthorizationMessage", {
  authorize: () => ({ action: "sts:DecodeAuthorizationMessage", resource: "*" }),
  run({ EncodedMessage = "" }, { secrets, account }) {
    refuse(lengthWithin("encodedMessage", EncodedMessage, 1, 10_240));
    const DecodedMessage = openAuthorizationMessage(secrets, EncodedMessage, account);
    if (DecodedMessage === undefined) throw new InvalidAuthorizationMessageException(because("The authorization message is not valid."));
    return { DecodedMessage };
  },
});
