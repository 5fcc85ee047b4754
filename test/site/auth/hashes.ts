/** Hashes of passwords, as `htpasswd -nbBC 4` writes them: ines' is "sesame", bob's "builder". */
export const hashes = {
  ines: "$2y$04$It9e8UN2jVitFPwHswDDN.6pndkuDGCsvG67lGZkjFnHi.WCAlcW6",
  bob: "$2y$04$OVVH.UoK/1jNQ6eQcLK7feVcCVy5NEW7Jjo068QRNOX0xRFL2Q0kq",
} as const;
