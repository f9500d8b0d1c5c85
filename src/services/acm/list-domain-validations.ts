import type { DomainValidationSummary } from "@aws-sdk/client-acm";
import type { DomainValidationRecord } from "../../state/acm.ts";
import { invalid, onCertificate, operation, requireCertificate } from "./certificate.ts";
import { pageOf } from "./page.ts";

const USUAL_PAGE = 1000;

export const listCertificateDomainValidations = operation("ListCertificateDomainValidations", {
  authorize: onCertificate("ListCertificateDomainValidations"),
  run({ CertificateArn, NextToken, MaxItems = USUAL_PAGE }, context) {
    const { request, arn } = requireCertificate(context, CertificateArn);
    if (!request) throw invalid(`Certificate ${arn} was imported: its domains are not validated here.`);
    const { items, ...more } = pageOf(request.validations, ({ domainName }) => domainName, { token: NextToken, limit: MaxItems }, context);
    return { DomainValidationSummaryList: items.map(summaryOf), ...more };
  },
});

/** No other validation is ever asked for: there is one method here. */
function summaryOf({ domainName, recordName, recordValue, status }: DomainValidationRecord): DomainValidationSummary {
  const ResourceRecord = { Name: recordName, Type: "CNAME", Value: recordValue } as const;
  return {
    DomainName: domainName,
    ActiveValidationConfiguration: {
      ValidationMethod: "DNS",
      ValidationStatus: status,
      ValidationChallenge: { DnsValidationChallenge: { ResourceRecord } },
    },
  };
}
