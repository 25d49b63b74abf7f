//! Tests.

mod damage;
mod fill;
mod formats;
mod hex;
mod meanwhile;
mod models;
mod pages;
mod refusals;
mod shapes;
mod slots;
mod store;
mod suite;
mod trees;
