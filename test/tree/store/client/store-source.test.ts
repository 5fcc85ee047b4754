import { describe, expect, test } from "bun:test";

import { readStoreSource } from "../../../../src/tree/store/client/store-source.ts";

function read(
  name: string,
  options: Parameters<typeof readStoreSource>[1] = {},
  environment: Parameters<typeof readStoreSource>[2] = {},
): ReturnType<typeof readStoreSource> {
  return readStoreSource(name, options, environment);
}

describe("the name of a store", () => {
  test("has a bucket, and may have a prefix", () => {
    const endpoint = "http://127.0.0.1:9000/";
    expect(read("s3://site/docs/v2/", { endpoint })).toEqual({
      ok: true,
      value: {
        origin: "http://127.0.0.1:9000",
        bucketPath: "/site",
        prefix: "docs/v2/",
        region: "us-east-1",
        credentials: undefined,
        shown: "s3://site/docs/v2",
      },
    });
    expect(read("s3://site", { endpoint })).toMatchObject({ value: { prefix: "" } });
  });

  test.each(["s3://", "s3:///docs", "s3://a/../b", "s3://site//a", "s3://-a/x"])(
    "is refused as %p",
    (name) => {
      const source = read(name);
      expect(source.ok ? "" : source.error).toContain(name);
    },
  );
});

describe("the endpoint", () => {
  test("is that of AWS, whose hosts have the bucket in their names where that fits", () => {
    const { AWS_REGION } = { AWS_REGION: "eu-central-1" };
    expect(read("s3://site", {}, { AWS_REGION })).toMatchObject({
      value: { origin: "https://site.s3.eu-central-1.amazonaws.com", bucketPath: "" },
    });
    expect(read("s3://my.site", {}, { AWS_REGION })).toMatchObject({
      value: { origin: "https://s3.eu-central-1.amazonaws.com", bucketPath: "/my.site" },
    });
  });

  test("is read of the environment, and an option comes before it", () => {
    const environment = { S3_ENDPOINT: "http://a", AWS_ENDPOINT_URL: "http://b" };
    expect(read("s3://site", {}, environment)).toMatchObject({ value: { origin: "http://a" } });
    const { AWS_ENDPOINT_URL } = environment;
    expect(read("s3://site", {}, { AWS_ENDPOINT_URL })).toMatchObject({
      value: { origin: "http://b" },
    });
    expect(read("s3://site", { endpoint: "http://c/x" }, environment)).toMatchObject({
      value: { origin: "http://c", bucketPath: "/x/site" },
    });
  });

  test.each(["127.0.0.1:9000", "ftp://a", "http://a:b@c", "http://a?b"])(
    "is refused as %p, without being shown: it may hold a password",
    (endpoint) => {
      expect(read("s3://site", { endpoint })).toEqual({
        ok: false,
        error: "the endpoint of the object store must be a URL such as https://s3.example.com",
      });
    },
  );
});

describe("credentials", () => {
  test("come from the environment, S3_ before AWS_", () => {
    const environment = {
      S3_ACCESS_KEY_ID: "a",
      AWS_ACCESS_KEY_ID: "b",
      AWS_SECRET_ACCESS_KEY: "c",
      AWS_SESSION_TOKEN: "d",
    };
    expect(read("s3://site", {}, environment)).toMatchObject({
      value: { credentials: { accessKeyId: "a", secretAccessKey: "c", sessionToken: "d" } },
    });
  });

  test("of the options aren't mixed with those of the environment", () => {
    const environment = { AWS_SECRET_ACCESS_KEY: "c", AWS_SESSION_TOKEN: "d" };
    const options = { accessKeyId: "a", secretAccessKey: "b" };
    expect(read("s3://site", options, environment)).toMatchObject({
      value: { credentials: { accessKeyId: "a", secretAccessKey: "b", sessionToken: undefined } },
    });
    expect(read("s3://site", { accessKeyId: "a" }, environment)).toEqual({
      ok: false,
      error: "the credentials of the object store lack the secret access key",
    });
  });
});
