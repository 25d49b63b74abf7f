//! The workbook: the program behind `cargo run`.
//!
//! | module | answers |
//! |---|---|
//! | [`workspace`] | where the workspace is and which chapters it has |
//! | [`exercise`] | which exercises a crate's sources hold, and where |
//! | [`files`] | which files of a folder are sources |
//! | [`runner`] | what a test does: compiled once, run in its own process |
//! | [`book`] | the book, rendered |
//! | [`outline`] | which page of the book belongs to which exercise |
//! | [`hints`] | the three hints on an exercise's page |
//! | [`excerpt`] | items of a source file, cut out by name |
//! | [`preprocess`] | the directives of the book's pages |
//! | [`printed`] | printed output as readers see it |
//! | [`map`] | the map of the book on a page, and other lists of links |
//! | [`markdown`] | headings, blocks and inline code of a page |
//! | [`judge`] | how each exercise of a chapter stands |
//! | [`store`] | the last verdicts, kept while their sources stay |
//! | [`desk`] | all of these together, for the commands of readers |
//! | [`watch`] | saves, noticed |
//! | [`live`] | saves come in, verdicts and a fresh book go out |
//! | [`serve`] | the book on localhost, with the verdicts in it |
//! | [`progress`] | what the terminal prints and the pages show |
//! | [`report`] | progress and verdicts for the terminal |
//! | [`engines`] | an engine in a shell, and one command each |
//! | [`inspect`] | an engine's files, byte by byte |
//! | [`paint`] | colours, where a terminal shows them |
//! | [`ticker`] | what long work is at, on one line |
//! | [`interrupt`] | Ctrl-C |
//! | [`ask`] | a question, and yes or no |
//! | [`predictions`] | what readers predicted, in a file of their own |
//! | [`keep`] | copies of what readers wrote, before anything changes it |
//! | [`mirror`] | what readers wrote, mirrored, so that nothing takes it away |
//! | [`shipped`] | the chapters as the workbook ships them |
//! | [`edition`] | a new edition of a chapter, merged with what its reader wrote |
//! | [`standing`] | which earlier chapter, the reader's or the reference, is underneath |
//! | [`fault`] | what is wrong at a place, and what to do about it |
//! | [`author`] | the gates of those who write chapters |
//! | [`cli`] | the command line |
//! | [`commands`] | what each command of readers does |

pub mod ask;
pub mod author;
pub mod book;
pub mod cli;
pub mod commands;
pub mod desk;
pub mod edition;
pub mod engines;
pub mod excerpt;
pub mod exercise;
pub mod fault;
pub mod files;
pub mod hints;
pub mod inspect;
pub mod interrupt;
pub mod judge;
pub mod keep;
pub mod live;
pub mod map;
pub mod markdown;
pub mod mirror;
pub mod outline;
pub mod paint;
pub mod predictions;
pub mod preprocess;
pub mod printed;
pub mod progress;
pub mod report;
pub mod runner;
pub mod serve;
pub mod shipped;
pub mod standing;
pub mod store;
pub mod ticker;
pub mod watch;
pub mod workspace;
