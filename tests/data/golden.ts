/**
 * What torchvision 0.28 (on PIL 13) makes of `waves(width, height)`, RGB bytes in base64:
 * `center_crop(resize(waves(64, 48), 13, interpolation), 8)` under `shrink`, the same of
 * `waves(10, 8)` under `enlarge`, and of `waves(8, 8)` `adjust_brightness(…, 1.3)`,
 * `adjust_contrast(…, 0.6)`, `adjust_saturation(…, 1.7)` and `adjust_hue` by -0.3 and 0.2.
 */
export const GOLDEN = {
  shrink_bilinear:
    "ey1GaSpvYlWhbJjBgMy9lNiZnbRmlnNCgkMzjkBpkmCsjJHWf7jRc8GhbaZdcXYtiWk1sGhqvXSrqYbUf5TPVZigQY5eUHwvjJZLxZdw2Iueu3m7fmu4QmiXJ3FoPINHjbxvxr572p6JvG6SfkeRQT+HJFl5O4ltidGXtdWGxKpxrmdkfzNmUCd1O0uKS4yZg9G6ldWRm6ldkmc9fzNBbShmZEuZaoy/fbrMb72Wap5TcW4pgEgtjkBelVqikInS",
  enlarge_bilinear:
    "q8ButsFxwMB0yb530bx717h+3LSB36+Fqsd0tch2v8d4x8V6z8J81b5+2rmA3bSDqcx5tM16vcx7xcp8zcd+08N+2L6A27iBqNJ+stN+u9F+w89/ysx/0Mh/1cKA2LuAp9aEsNeDudaCwdSCx9CBzcyA0caA1L9/pdqJrduItdqGvdiEw9SCyc+Bzch/0MF9ot2Pqt6Mst2JutuHv9eDxNKByMt+y8N7n9+Up+CQr9+Ntd2JutmFv9SBw81+xsV5",
  shrink_bicubic:
    "eyhCZiRuYFKjapnFgNLBld6an7hll3M+gz8ukDxolF6vjZLcf7zXcsWja6lccHYniWgwtGdpwnOurIbafpbVUZmiPY9cTXwpjZdHyphv3oygv3nAfmq8PmaYIXBnOINDjsBuzMJ64aGKwW2UfkOTPDuHHlZ4NoltiteZuduHyK1wsWZifi5kTCF0NkiLSIybhNe+l9qSnaxbk2Y5fy48ayJkYkibaYzDfL/RbsGXaaBQcW4jgEQojztcllekkYnY",
  enlarge_bicubic:
    "q8FttsFxwMB0yr530bx717h+3LSB4K+Fqsh0tch2v8d4x8V6z8J81b5+2rmA3rSDqs15tM56vc17xcp8zcd+08N+2L6A3LiBqNJ+stN+u9J+w89+y8x/0ch/1cKA2buAp9eDsNeDudaCwdSCx9CBzcyA0caA1b9/pduJrduIttqGvdiFw9SCyc+Bzcl/0MF9ot6Pqt6Ms92JutuHv9eDxNKByMt+y8N7oOCUp+CQr9+Ntd2Ju9mFv9SBw81+xsV5",
  shrink_lanczos:
    "eydCZyNuYFKkapnGgNLCld+an7hkmHI9gz4tkDxolF6wjZLdf7zYccaja6lbcHYniWcvtGZpwnOvrYbbfpbWUZqiPY9cTHwpjZdHyphv34yhwHnAfmm9PWaYIHBmN4NCjsBuzMN64aGKwW2UfkOTOzqHHlZ4NYlsitiZutuHya1wsWZifi1kTCB0NkeLR42chNi+l9uSna1bk2Y4fy08ayFkYkebaY3DfL/SbsKXaaBPcG0igEQnjztcllekkYnY",
  enlarge_lanczos:
    "q8JttsJxwMF0yb530bx717h+3LSB4K+Fqsh0tch2v8d4x8V6z8J81b5+2ruA3rSDqs15tM16vcx7xcp8zcd908N+2L+A3LiBqNJ+stN+u9J+w89/y8x/0Mh/1cKA2buAp9eDsNeDudaCwdSCx9CBzcyA0caA1b9/pduJrtuIttqGvdiEw9SCyc6Bzch/0MF9ot6Pqt6Ms92KutuHwNeExNKByMt+y8N7n+CUp+CQr9+Mtt2JvNmEwNSBxM1+xsV5",
  shrink_nearest:
    "fiw9aiNqY1Olbp3Jg9bAkt6fnLhklG86gD4rijdljlyviZfcfsPRdsqncaxcdXIng2crsWVlwXKvqYjceJnRVJunPpBcT3snhZhGyJtt342gvHe/dGa3QGSaIG9oOYRDhcFzyMh836OHvGiNdDyMQDWFIFN6OY1yhNOYudyHy6xyr2JkdylnTiF0NEeKSJCagdPClduVm6xakWI2fCk/bSFgZEeba5DFfrjXar6bY55Pbmsgg0Urkj9XnFmklIvb",
  enlarge_nearest:
    "psBst8Fxx792x79207t807t83LSB4ayHpcp2tst4xMl7xMl70MR90MR92b2A3rODpcp2tst4xMl7xMl70MR90MR92b2A3rODo9J/s9R/wdF/wdF/zMx/zMx/1MSA2biAoNmJr9qHvNiEvNiExtKCxtKCzsl/0r18oNmJr9qHvNiEvNiExtKCxtKCzsl/0r18nd6Sqt+Ott2Jtt2Jv9eDv9eDxs1+ysB4nd6Sqt+Ott2Jtt2Jv9eDv9eDxs1+ysB4",
  brightness:
    "puB0v+d61+uA7+yJ/+mU/+ae/96p/9Wzpu2Ev/WI1/mM7fqS//iZ//Oh/+mn/9+vpviUv/+W1v+Z7P+c/v+f//6i//Wm/+iqpv+lvf+l0/+l6P+l+v+l//+l//6m/++mpv+2u/+00P+y4/+v9P+r//+p//+l//Whpv/Guf/DzP+93P+47P+y+P+q//+j//mcpv/Wt//Rxv/K1f/B4v+37f+s9f+i+fyYpv/ms//ewf/Vzf/J1/+94P+v5/+h6/2U",
  contrast:
    "l7KAorWCrreFuLeKwbaOybSTz7GY0qydl7iHoruJrr2LuL6Owb2RybqUzraX0bGbl72OosGQrcORt8SSwMOUx8CVzLuXz7WZl8GWosaWrMiWtcmWvseWxMSWycCXzLiXl8SeoMmdqsycs82bu8yZwciYxsOWyLuUl8emoMykqM+isNCft8+cvcuZwcWWw72Sl8mtn86rptGorNKjstCfuM2au8eVvb6Ql8m0nc+xo9KsqdKnrtGiss2btceUt7+O",
  saturation:
    "cL0wir8wpb4zv7s61bVF6a5Q+aRe/5hsa8k/hcw9n8s9uMlB0MNH47tP869Z/aNkZ9JPgNdMmdhJstZJx9BL28dO67xU965cY9pheuBakuJVqeJRv9pP0tJP4cZS7rVWX+F0dOhsiutjoOlcteRVxttT1s1Q4b1PXeWHcO58g/FwlvBmqetcuuJUyNRO1MNJWuiZavGMevWAi/Rym/BjrOhXutpNxMhFWeisZfKddPeNgvd8j/Ntnepdqt1OtMxC",
  hueBackward:
    "rVpusl6AtWOTuGqox3PGxHrUwILduIrit2duvWmBwGyUwXKmx3e9znzTyIHcwIfhv3RzxnSCynaSy3ijyXyy0H7J0oDZyIPexo1/zoCB0oCR1H+f0X+vzH+71IDRy4DZzJuA1JaM2YmP2oed2ISq0oK1zoDC0XzS0KmA2aaQ3paS34+Y3Yqj14StzX60ynjB07WA3LGN4aqa4paW4I2b2oWj0H6qwnWv1MGA3buL4rSW46ic4ZKU2oeb0H2gw3Ok",
  hueForward:
    "Wq2XXrKOY7WCarh3dcdzjdR6ot2CuOKKZ7etab2ibMCWcsGKd8d+hNN8mdyBq+GHc76/dMa2dsqreMudfMmQftCBi9mAnd6Df7rGgM7JgNK+f9Sxf9Gef8yOgNSAkdmAgLLMjMvUidnRh9rChNiwgtKcgM6JgNJ8gKjQkMPZktvej9/Tit3BhNerfs2UeMp+gJ/TjbrcmtHhluLhjeDPhdq5ftChdcKFgJTUi67dlsTinNjjkuHch9rEfdCqc8OP",
} as const;

/** `quarters(16, 16)` in cyan, magenta, yellow and black (as much as they share), files written by PIL 13. */
export const INK_FILES = {
  jpeg:
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwPFxgWFBgSFBUU/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD9U6+B6+JK+9a/m8r+kuvU64qt2vwZr92626/omr9yK/nprta//9k=",
  tiff:
    "SUkqANoAAACAABuNERwKCQaCwOEweFQiENkALIbxCJRSJxGLxWMRaLQ6Gx+GSGFyOORuTRqURmVR6RSyRy6SymYyqZy6bSCXwqZzuTzSMTeWziYT2eTKe0Cc0GRUWfUaU0ioTimVOj0KrUqSUStU6VM5bAAW16wWKw1+y2OzWSyAAFsgM2y3XC32253G6XK5Wq03u0X2z3+8XfBXbCXXDXq/Yi/4rA4XG4bH4rJXzF2bH5fB5C6ZPE5TGZnMY7M5zK52/aHNaLC6TWZTUa/R57ZabAaDbarDQEAKAAABAwABAAAAEAAAAAEBAwABAAAAEAAAAAIBAwAEAAAAWAEAAAMBAwABAAAABQAAAAYBAwABAAAABQAAABEBBAABAAAACAAAABUBAwABAAAABAAAABYBAwABAAAAEAAAABcBBAABAAAA0gAAABwBAwABAAAAAQAAAAAAAAAIAAgACAAIAA==",
} as const;
