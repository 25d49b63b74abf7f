//! The budget for pages in memory, and when it grows.

use crate::copy_on_write::budget::Budget;

fn wants(budget: &Budget, times: u32) {
    for _ in 0..times {
        budget.wants_again();
    }
}

#[test]
fn a_budget_grows_where_an_eighth_of_it_was_wanted_again() {
    let budget = Budget::new(80, 1000);
    assert!(!budget.grows(), "nothing was wanted");
    wants(&budget, 10);
    assert!(!budget.grows(), "no more than an eighth");
    wants(&budget, 10);
    assert!(
        !budget.grows(),
        "what was wanted before it was used up once"
    );
    for (wanted, pages) in [(11, 160), (21, 320), (41, 640), (81, 1000)] {
        wants(&budget, wanted);
        assert!(budget.grows());
        assert_eq!(budget.pages(), pages);
    }
    wants(&budget, 1000);
    assert!(!budget.grows(), "it is as large as it may be");
    assert_eq!((budget.pages(), budget.pages_max()), (1000, 1000));
    wants(&budget, 1000);
    assert_eq!(Budget::new(80, 7).pages(), 7, "no more than the limit");
}

#[test]
fn whoever_maintains_is_ahead_by_a_quarter_until_the_budget_grows() {
    let budget = Budget::new(80, 1000);
    assert_eq!(budget.pages_ahead(), Some(60));
    wants(&budget, 11);
    assert!(budget.grows());
    assert_eq!(budget.pages_ahead(), None);
    assert_eq!(
        Budget::new(80, 3).pages_ahead(),
        Some(3),
        "too few to divide"
    );
}
