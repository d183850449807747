package io.graft.image.codec;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** A format of images or videos that Graft does not read, so that a message can name it. */
public enum UnreadFormat {
  /** AV1 Image File Format, in an ISO base media file. */
  AVIF("AVIF", ".{4}ftyp(avi[fs]|mi[af]1.{4}(.{4})*avi[fs])", "avif", "avifs"),
  /** High Efficiency Image File Format, the photographs of phones. */
  HEIC("HEIC", ".{4}ftyp(hei[cxms]|hev[cxms]|mif[12]|msf1)", "heic", "heif", "hif", "heics"),
  /** Scalable Vector Graphics. */
  SVG("SVG", "(\\xef\\xbb\\xbf)?\\s*(<\\?xml.*)?<(svg|!DOCTYPE svg)", "svg", "svgz"),
  /** The raw data of a camera's sensor. Many are TIFF files that hold a preview as well. */
  RAW(
      "RAW",
      "II\\*\\x00.{4}CR|.{4}ftypcrx |II\\x1a\\x00.{4}HEAPCCDR|FUJIFILMCCD-RAW|IIU\\x00|IIR[OS]|MMOR"
          + "|FOVb|\\x00MRM",
      ("3fr arw cr2 cr3 crw dcr dng erf fff gpr iiq kdc mef mos mrw nef nrw orf ori pef raf raw rw2"
              + " rwl sr2 srf srw x3f")
          .split(" ")),
  /** JPEG XL. */
  JPEG_XL("JPEG XL", "\\xff\\x0a|\\x00{3}\\x0cJXL \r\n\\x87\n", "jxl"),
  /** JPEG 2000. */
  JPEG_2000(
      "JPEG 2000",
      "\\xff\\x4f\\xff\\x51|\\x00{3}\\x0cjP {2}\r\n\\x87\n",
      "jp2 j2k j2c jpc jpf jpx jpm jph jhc".split(" ")),
  /** JPEG XR. */
  JPEG_XR("JPEG XR", "II\\xbc", "jxr", "wdp", "hdp"),
  /** Photoshop documents. */
  PSD("PSD", "8BPS", "psd", "psb"),
  /** Icons and cursors of Windows. */
  ICO("ICO", "\\x00\\x00[\\x01\\x02]\\x00[\\x01-\\x40]\\x00.{3}\\x00", "ico", "cur"),
  /** Icons of macOS. */
  ICNS("ICNS", "icns", "icns"),
  /** Documents in PDF. */
  PDF("PDF", "%PDF-", "pdf"),
  /** Encapsulated PostScript. */
  EPS("EPS", "%!PS-Adobe", "eps", "ps"),
  /** Truevision's format, which has no signature. */
  TGA("TGA", "", "tga", "icb", "vda", "vst"),
  /** ZSoft Paintbrush, which has no long signature. */
  PCX("PCX", "", "pcx", "dcx"),
  /** OpenEXR. */
  EXR("OpenEXR", "\\x76\\x2f\\x31\\x01", "exr"),
  /** Radiance. */
  HDR("Radiance HDR", "#\\?(RADIANCE|RGBE)", "rgbe", "hdr"),
  /** Textures of DirectDraw. */
  DDS("DDS", "DDS ", "dds"),
  /** Quite OK Image. */
  QOI("QOI", "qoif", "qoi"),
  /** Netpbm's arbitrary map, and the float map. */
  PAM("PAM", "P7\\s|P[Ff]\\s", "pam", "pfm"),
  /** GIMP's projects. */
  XCF("XCF", "gimp xcf", "xcf"),
  /** Medical images, whose signature comes after 128 bytes. */
  DICOM("DICOM", "", "dcm", "dicom"),
  /** Medical volumes. */
  NIFTI("NIfTI", "", "nii"),
  /** Images of telescopes. */
  FITS("FITS", "SIMPLE {2}=", "fits", "fts"),
  /** Videos. */
  VIDEO(
      "video",
      ".{4}ftyp(iso|mp4|qt  |M4V|avc1|3gp|dash)|RIFF.{4}AVI |\\x1aE\\xdf\\xa3",
      "mp4 m4v mov avi mkv webm mpg mpeg wmv flv 3gp mts m2ts".split(" "));

  private final String title;
  private final Pattern head;

  @SuppressWarnings("ImmutableEnumChecker") // List.of returns an immutable list.
  private final List<String> extensions;

  /** Creates a format. {@code head} is as in {@link ImageFormat}, or empty for none. */
  UnreadFormat(String title, String head, String... extensions) {
    this.title = title;
    this.head = Pattern.compile(head.isEmpty() ? "(?!)" : head, Pattern.DOTALL);
    this.extensions = List.of(extensions);
  }

  /** Returns the name for people, such as {@code JPEG XL}. */
  public String title() {
    return title;
  }

  /**
   * Detects the format from the first bytes of a file alone. A raw photograph that begins like a
   * TIFF file is not detected.
   *
   * @param head the first 64 bytes of the file or more, or the whole file if it is shorter
   */
  static Optional<UnreadFormat> sniff(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    return Arrays.stream(values()).filter(f -> f.head.matcher(text).lookingAt()).findFirst();
  }

  /**
   * Detects the format of a file. The content decides, except that a TIFF file with the extension
   * of a raw photograph is one. If the content is of no known format, the extension decides.
   *
   * @param head the first 64 bytes of the file or more, or the whole file if it is shorter
   */
  public static Optional<UnreadFormat> of(Path file, byte[] head) {
    Optional<UnreadFormat> byContent = sniff(head);
    if (byContent.isPresent()) {
      return byContent;
    }
    Optional<ImageFormat> read = ImageFormat.sniff(head);
    return byName(file)
        .filter(
            named -> read.isEmpty() || (named == RAW && read.orElseThrow() == ImageFormat.TIFF));
  }

  /** Returns the format that a file's extension names, in upper or lower case. */
  public static Optional<UnreadFormat> byName(Path file) {
    String extension = ImageFormat.extension(file);
    return Arrays.stream(values()).filter(f -> f.extensions.contains(extension)).findFirst();
  }
}
