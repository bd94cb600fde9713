import { describe, expect, test } from "vitest";
import { piiIn } from "../../shared/datasets/pii.ts";

describe("found", () => {
  test.each([
    ["email", "write to ada.lovelace+x@mail.example.co.uk."],
    ["phone", "call +44 20 7946 0958 now"],
    ["phone", "call (555) 123-4567"],
    ["phone", "555-123-4567"],
    ["ip_address", "host 192.168.17.4, port 80"],
    ["ip_address", "at 2001:db8::8a2e:370:7334 and"],
    ["credit_card", "4111 1111 1111 1111"],
    ["credit_card", "card 378282246310005."],
    ["iban", "DE89 3704 0044 0532 0130 00"],
    ["iban", "IBAN GB82WEST12345698765432 THANK YOU"],
    ["iban", "BE68 5390 0754 7034 PLEASE PAY"],
    ["us_ssn", "ssn 123-45-6789"],
    ["api_key", `sk-proj-${"a1B2".repeat(8)}`],
    ["api_key", "AKIAIOSFODNN7EXAMPLE"],
    ["api_key", `ghp_${"a".repeat(36)}`],
    ["api_key", "-----BEGIN RSA PRIVATE KEY-----"],
  ])("%s in %j", (kind, text) => {
    expect([...piiIn(text)]).toContain(kind);
  });
});

describe("not found", () => {
  test.each([
    "twitter @ada and user@localhost",
    "version 1.2.3.4.5 and 999.1.1.1",
    "at 12:30:45 std::vector<int> a::b",
    "4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "DE89 3704 0044 0532 0130 01",
    "000-12-3456 and 900-12-3456",
    "skiing sk-short AKIA123",
    "1234567890 12345678901234567890123",
    "2026-11-20 10:30",
  ])("%j", (text) => {
    expect([...piiIn(text)]).toEqual([]);
  });
});

test("hostile texts are searched in linear time, so that these end at all", () => {
  const size = 200_000;
  for (const text of [
    "1 ".repeat(size),
    "a.".repeat(size),
    `${"a".repeat(size)}@`,
    "a@a.".repeat(size),
    "AA00 ".repeat(size),
    "f:".repeat(size),
    "+1 ".repeat(size),
    "1-".repeat(size),
  ])
    piiIn(text);
});
