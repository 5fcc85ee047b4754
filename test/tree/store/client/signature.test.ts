import { describe, expect, test } from "bun:test";

import { encodeKey, encodeQuery, Signer } from "../../../../src/tree/store/client/signature.ts";

/** The example keys of the documentation of AWS. */
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: undefined,
};

const nowMs = Date.UTC(2013, 4, 24);

describe("a signature (AWS Signature Version 4)", () => {
  test("of a list is the one of the documentation's example", () => {
    // "Example: GET Bucket (List Objects)" of "Signature Calculations for the Authorization
    // Header", docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    const fields = new Signer(credentials, "us-east-1").sign(
      {
        method: "GET",
        host: "examplebucket.s3.amazonaws.com",
        path: "/",
        query: [
          ["prefix", "J"],
          ["max-keys", "2"],
        ],
      },
      nowMs,
    );
    expect(fields["x-amz-date"]).toBe("20130524T000000Z");
    expect(fields["authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, " +
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
  });

  test("of an object that is written is the one of the documentation's example", () => {
    // "Example: PUT Object" of the same page.
    const fields = new Signer(credentials, "us-east-1").sign(
      {
        method: "PUT",
        host: "examplebucket.s3.amazonaws.com",
        path: encodeKey("/test$file.text"),
        query: [],
        fields: {
          date: "Fri, 24 May 2013 00:00:00 GMT",
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        digest: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      },
      nowMs,
    );
    expect(fields["authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, " +
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
  });

  test("covers the token of credentials that are valid for a while", () => {
    const signer = new Signer({ ...credentials, sessionToken: "token" }, "us-east-1");
    const fields = signer.sign({ method: "GET", host: "h", path: "/", query: [] }, nowMs);
    expect(fields["x-amz-security-token"]).toBe("token");
    expect(fields["authorization"]).toContain("x-amz-date;x-amz-security-token,");
  });

  test("has another key on another day", () => {
    const signer = new Signer(credentials, "us-east-1");
    const request = { method: "GET", host: "h", path: "/", query: [] } as const;
    const [first, next] = [0, 86_400_000].map((ms) => signer.sign(request, nowMs + ms));
    const again = new Signer(credentials, "us-east-1").sign(request, nowMs + 86_400_000);
    expect(next).toEqual(again);
    expect(next).not.toEqual(first);
  });
});

describe("a key as a path", () => {
  test("has all but unreserved characters and slashes escaped", () => {
    expect(encodeKey("/b/a b+c(d)!*'~_.-é&=%")).toBe(
      "/b/a%20b%2Bc%28d%29%21%2A%27~_.-%C3%A9%26%3D%25",
    );
  });

  test("and a query is in the order of its names", () => {
    expect(
      encodeQuery([
        ["prefix", "a/b"],
        ["list-type", "2"],
      ]),
    ).toBe("list-type=2&prefix=a%2Fb");
  });
});
